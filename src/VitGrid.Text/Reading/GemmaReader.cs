using System.Text.Json;
using VitGrid.Text.Added;
using VitGrid.Text.Gemma;
using VitGrid.Text.SentencePiece;

namespace VitGrid.Text.Reading;

/// <summary>Reads Gemma's tokenizer: <c>tokenizer.json</c>, or <c>tokenizer.model</c> where there is none.</summary>
internal static class GemmaReader
{
    public const string FileName = "tokenizer.model";

    private const int Context = 64;
    private const string Start = "<bos>", End = "<eos>", Pad = "<pad>";

    public static ITextTokenizer Read(TokenizerSource source) => source.Folder.Has("tokenizer.json")
        ? FromJson(source, TokenizerJson.Read(source.Folder, "tokenizer.json"))
        : FromModel(source);

    private static GemmaTokenizer FromJson(TokenizerSource source, TokenizerJson json)
    {
        Check(json);
        MergeList merges = new(json.Vocabulary, json.File);
        JsonText.Guard(json.File, () =>
        {
            merges.ReadArray(json.Merges.Span);
            return true;
        });
        GemmaVocabulary vocabulary = new(json.Vocabulary, merges.Table(), merges.BeforeBlank, json.File);
        if (json.Added.Find(token => token.IsNormalized) is { } normalized)
            throw new TokenizerException($"{json.File} seeks '{normalized.Content}' in the normalized text, which Gemma's does not");
        return new(vocabulary, json.Added)
        {
            ContextLength = source.ContextLength(Context),
            MaxCharacters = source.Options.MaxCharacters,
            LowersCase = Lowers(source) || JsonSteps.Types(json.Normalizer, "normalizers").Contains("Lowercase"),
            StartId = source.Config.AddsStart ? source.IdOf("bos_token", Start, json.Vocabulary, json.Added) : null,
            EndId = source.IdOf("eos_token", End, json.Vocabulary, json.Added),
            PadId = source.IdOf("pad_token", Pad, json.Vocabulary, json.Added),
            VocabularySize = 1 + json.Vocabulary.Values.Concat(json.Added.Select(token => token.Id)).Max(),
        };
    }

    private static GemmaTokenizer FromModel(TokenizerSource source)
    {
        string file = source.Folder.PathOf(FileName);
        SentencePieceModel model = SentencePieceModel.Read(source.Folder.Read(FileName), file);
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach ((int id, Piece piece) in model.Pieces.Index())
            ids[piece.Text] = id;
        IEnumerable<AddedToken> userDefined = model.Pieces.Index().Where(piece => piece.Item.Kind == PieceKind.UserDefined)
            .Select(piece => new AddedToken(piece.Item.Text, piece.Index, IsNormalized: false));
        return new(ScoredMerges.Create(model, file), userDefined)
        {
            ContextLength = source.ContextLength(Context),
            MaxCharacters = source.Options.MaxCharacters,
            LowersCase = Lowers(source),
            SeeksChanged = true,
            AddsPrefix = model.AddsPrefix,
            StartId = source.Config.AddsStart ? source.IdOf("bos_token", Start, ids, []) : null,
            EndId = source.IdOf("eos_token", End, ids, []),
            PadId = source.IdOf("pad_token", Pad, ids, []),
            VocabularySize = model.Pieces.Count,
        };
    }

    private static bool Lowers(TokenizerSource source) => source.Options.LowerCase ?? source.Config.LowerCase ?? true;

    private static void Check(TokenizerJson json)
    {
        if (Faults(json).FirstOrDefault() is { } fault)
            throw new TokenizerException($"{json.File} is not Gemma's tokenizer: {fault}; its ids would not be exact here");
    }

    private static IEnumerable<string> Faults(TokenizerJson json)
    {
        if (json.Type != "BPE" || !json.ModelFlag("byte_fallback"))
            yield return $"its model is '{json.Type}' without byte fallback";
        if (json.ModelFlag("ignore_merges") || json.ModelText("end_of_word_suffix") is { Length: > 0 }
            || json.ModelText("continuing_subword_prefix") is { Length: > 0 })
            yield return "its model ignores merges, or marks pieces";
        JsonElement[] changes =
            [.. JsonSteps.Of(json.Normalizer, "normalizers").Where(step => step.Text("type") != "Lowercase")];
        if (changes.Length != 1 || changes[0].Object("pattern")?.Text("String") != " " || changes[0].Text("content") != "▁")
            yield return $"it changes texts by {JsonSteps.Shown(json.Normalizer)}";
        // Blanks are gone when this step comes.
        if (JsonSteps.Of(json.PreTokenizer, "pretokenizers").Any(
            step => step.Text("type") != "Split" || step.Object("pattern")?.Text("String") != " "))
            yield return $"it cuts words by {JsonSteps.Shown(json.PreTokenizer)}";
    }
}
