using System.Text.Json;
using VitGrid.Text.Added;
using VitGrid.Text.Clip;

namespace VitGrid.Text.Reading;

/// <summary>Reads CLIP's tokenizer, from <c>tokenizer.json</c> or from <c>vocab.json</c> and <c>merges.txt</c>.</summary>
internal static class ClipReader
{
    private const int Context = 77;
    private const string Start = "<|startoftext|>", End = "<|endoftext|>";
    private const string Words = @"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    // The second pattern also stops at the literal special tokens, which the byte-level step behind it cuts again.
    private static readonly string[] WordPatterns = [Words, @"<\|startoftext\|>|<\|endoftext\|>|" + Words];

    public static ITextTokenizer Read(TokenizerSource source)
    {
        if (source.Folder.Has("tokenizer.json") && TokenizerJson.Read(source.Folder, "tokenizer.json") is var json
            && (IsClips(json) || !source.Folder.Has("vocab.json")))
            return FromJson(source, json);
        return FromTables(source);
    }

    private static ClipTokenizer FromJson(TokenizerSource source, TokenizerJson json)
    {
        Check(json);
        MergeList merges = new(json.Vocabulary, json.File);
        JsonText.Guard(json.File, () =>
        {
            merges.ReadArray(json.Merges.Span);
            return true;
        });
        return Create(source, json.Vocabulary, merges, json.Added, json.File);
    }

    private static ClipTokenizer FromTables(TokenizerSource source)
    {
        string file = source.Folder.PathOf("vocab.json");
        byte[] bytes = source.Folder.Read("vocab.json");
        Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
        JsonText.Guard(file, () =>
        {
            Utf8JsonReader reader = new(JsonText.WithoutMark(bytes).Span);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw new FormatException($"it begins with {reader.TokenType} instead of an object");
            TokenizerJson.ReadVocabulary(ref reader, vocabulary);
            // An object that is cut off throws here.
            return !reader.Read();
        });
        MergeList merges = new(vocabulary, source.Folder.PathOf("merges.txt"));
        merges.ReadLines(source.Folder.Read("merges.txt"));
        return Create(source, vocabulary, merges, Added(source.Config, vocabulary), file);
    }

    private static ClipTokenizer Create(
        TokenizerSource source, Dictionary<string, int> vocabulary, MergeList merges, IReadOnlyList<AddedToken> added, string file)
    {
        string end = source.Config.Content("eos_token", End);
        return new(ClipVocabulary.Create(vocabulary, merges.Table(), file), added)
        {
            ContextLength = source.ContextLength(Context),
            MaxCharacters = source.Options.MaxCharacters,
            StartId = source.IdOf("bos_token", Start, vocabulary, added),
            EndId = source.IdOf("eos_token", End, vocabulary, added),
            PadId = source.IdOf("pad_token", end, vocabulary, added),
            VocabularySize = 1 + vocabulary.Values.Concat(added.Select(token => token.Id)).Max(),
        };
    }

    /// <summary>The tokens that transformers' class adds: special ones as the files name them; of equal ones the last counts.</summary>
    private static List<AddedToken> Added(TokenizerConfig config, Dictionary<string, int> vocabulary)
    {
        Dictionary<string, AddedToken> added = new(StringComparer.Ordinal);
        foreach (AddedToken token in config.Added)
            added[token.Content] = token;
        (string Name, SpecialToken Otherwise)[] names =
            [("unk_token", new(End, true)), ("bos_token", new(Start, true)), ("eos_token", new(End, true)), ("pad_token", new(End, false))];
        foreach ((string name, SpecialToken otherwise) in names)
        {
            SpecialToken token = config.Special.GetValueOrDefault(name, otherwise);
            if (added.TryGetValue(token.Content, out AddedToken? known))
                added[token.Content] = known with { IsNormalized = token.IsNormalized };
            else if (vocabulary.TryGetValue(token.Content, out int id))
                added[token.Content] = new(token.Content, id, token.IsNormalized);
        }
        return [.. added.Values];
    }

    private static bool IsClips(TokenizerJson json) => Faults(json).FirstOrDefault() is null;

    private static void Check(TokenizerJson json)
    {
        if (Faults(json).FirstOrDefault() is { } fault)
            throw new TokenizerException($"{json.File} is not CLIP's tokenizer: {fault}; its ids would not be exact here");
    }

    private static IEnumerable<string> Faults(TokenizerJson json)
    {
        if (json.Type != "BPE" || json.ModelText("end_of_word_suffix") != ClipVocabulary.EndOfWord)
            yield return $"its model is '{json.Type}' with the word end '{json.ModelText("end_of_word_suffix")}'";
        if (json.ModelFlag("ignore_merges") || json.ModelText("continuing_subword_prefix") is { Length: > 0 })
            yield return "its model ignores merges or prefixes pieces";
        if (!JsonSteps.Types(json.Normalizer, "normalizers").SequenceEqual(["NFC", "Replace", "Lowercase"]))
            yield return $"its normalizer is {string.Join(", ", JsonSteps.Types(json.Normalizer, "normalizers"))}";
        JsonElement[] cuts = [.. JsonSteps.Of(json.PreTokenizer, "pretokenizers")];
        if (cuts.Length != 2 || cuts[0].Object("pattern")?.Text("Regex") is not { } words || !WordPatterns.Contains(words)
            || cuts[1].Text("type") != "ByteLevel")
            yield return $"its words are cut by {JsonSteps.Shown(json.PreTokenizer)}";
    }
}
