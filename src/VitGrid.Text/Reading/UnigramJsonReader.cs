using System.Text;
using System.Text.Json;
using VitGrid.Text.SentencePiece;
using VitGrid.Text.Unicode;

namespace VitGrid.Text.Reading;

/// <summary>Reads a unigram <c>tokenizer.json</c>: its steps are those of T5 and SigLIP, another one is refused by its name.</summary>
internal static class UnigramJsonReader
{
    private const string End = "</s>";

    // A text must not grow without bounds.
    private const int MaxContent = 16;

    public static UnigramJsonTokenizer Read(TokenizerSource source, TokenizerJson json, int context)
    {
        if (json.Type != "Unigram" || json.Scored.Count == 0)
            throw new TokenizerException($"{json.File} is a '{json.Type}' model; SigLIP's is Unigram");
        if (json.ModelFlag("byte_fallback"))
            throw new TokenizerException($"{json.File} is a unigram model with byte fallback, which SigLIP's is not");
        List<Func<string, string>> steps = JsonText.Guard(json.File, () =>
            JsonSteps.Of(json.Normalizer, "normalizers").Select(step => Step(step, json.File)).ToList());
        return new(steps, Marks(json), UnigramPieces.From(json.Scored, UnknownId(json)), json.Added)
        {
            ContextLength = source.ContextLength(context),
            MaxCharacters = source.Options.MaxCharacters,
            EndId = source.IdOf("eos_token", End, json.Vocabulary, json.Added),
            PadId = source.IdOf("pad_token", End, json.Vocabulary, json.Added),
            VocabularySize = 1 + Math.Max(json.Scored.Count - 1, json.Added.Select(token => token.Id).DefaultIfEmpty().Max()),
        };
    }

    private static int UnknownId(TokenizerJson json) =>
        json.Model.TryGetValue("unk_id", out JsonElement id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out int unknown)
            && unknown >= 0 && unknown < json.Scored.Count
            ? unknown
            : throw new TokenizerException($"{json.File} has no unk_id among its {json.Scored.Count} pieces");

    private static Func<string, string> Step(JsonElement step, string file)
    {
        switch (step.Text("type"))
        {
            case "Lowercase":
                return text => LowerCase.PerCodePoint(text);
            case "Strip":
                (bool left, bool right) = (step.Flag("strip_left") ?? true, step.Flag("strip_right") ?? true);
                return text => Strip(text, left, right);
            case "NFC":
                return text => NormalizationFormC.TryChange(text, out string changed) ? changed : text;
            case "Precompiled":
                Charsmap map = Charsmap.Read(Convert.FromBase64String(step.Text("precompiled_charsmap") ?? ""), file);
                return text => GraphemeCharsmap.Change(map, text);
            case "Replace":
                return Replacing(step, file);
            default:
                throw new TokenizerException(
                    $"{file} normalizes by '{step.Text("type")}', which is not read; "
                        + "known are Lowercase, Strip, NFC, Precompiled and Replace");
        }
    }

    private static Func<string, string> Replacing(JsonElement step, string file)
    {
        string content = step.Text("content") ?? "";
        if (content.Length > MaxContent)
            throw new TokenizerException($"{file} replaces by a text of {content.Length} characters; at most {MaxContent} are read");
        if (step.Object("pattern")?.Text("String") is { Length: > 0 } literal)
            return text => text.Replace(literal, content, StringComparison.Ordinal);
        string pattern = step.Object("pattern")?.Text("Regex") ?? "";
        if (pattern == @"\s+")
            return text => Runs(text, WhiteSpace.Is, 1, content);
        if (pattern == " {2,}")
            return text => Runs(text, character => character == ' ', 2, content);
        if (PunctuationIn(pattern) is { } punctuation)
            return text => Runs(text, character => punctuation.Contains(character, StringComparison.Ordinal), 1, content, eachAlone: true);
        throw new TokenizerException($"{file} replaces by the pattern '{pattern}', which is not read");
    }

    /// <summary>The characters of a class of ASCII punctuation, each behind a backslash; null: it is another pattern.</summary>
    private static string? PunctuationIn(string pattern)
    {
        if (pattern.Length < 4 || pattern[0] != '[' || pattern[^1] != ']')
            return null;
        StringBuilder characters = new();
        for (int i = 1; i < pattern.Length - 1; i += 2)
        {
            char escaped = pattern[i + 1];
            if (pattern[i] != '\\' || i + 1 == pattern.Length - 1 || !char.IsAscii(escaped) || char.IsAsciiLetterOrDigit(escaped))
                return null;
            characters.Append(escaped);
        }
        return characters.ToString();
    }

    private static string Runs(string text, Func<char, bool> isMeant, int least, string content, bool eachAlone = false)
    {
        StringBuilder result = new(text.Length);
        for (int at = 0; at < text.Length;)
        {
            int end = at;
            while (end < text.Length && isMeant(text[end]) && !(eachAlone && end > at))
                end++;
            if (end > at && end - at >= least)
                result.Append(content);
            else
                result.Append(text, at, (end = Math.Max(end, at + 1)) - at);
            at = end;
        }
        return result.ToString();
    }

    private static string Strip(string text, bool left, bool right)
    {
        (int start, int end) = (0, text.Length);
        while (left && start < end && WhiteSpace.Is(text[start]))
            start++;
        while (right && end > start && WhiteSpace.Is(text[end - 1]))
            end--;
        return text[start..end];
    }

    private static WordMarks Marks(TokenizerJson json)
    {
        JsonElement[] steps = [.. JsonSteps.Of(json.PreTokenizer, "pretokenizers")];
        bool splits = steps.Length == 2 && steps[0].Text("type") == "WhitespaceSplit";
        if (steps.Length != (splits ? 2 : 1) || steps[^1].Text("type") != "Metaspace" || steps[^1].Text("replacement") != "▁")
            throw new TokenizerException($"{json.File} cuts words by {JsonSteps.Shown(json.PreTokenizer)}; SigLIP's marks them by ▁");
        WordPrefix prefix = (steps[^1].Text("prepend_scheme"), steps[^1].Flag("add_prefix_space")) switch
        {
            ("never", _) or (null, false) => WordPrefix.Never,
            ("first", _) => WordPrefix.First,
            _ => WordPrefix.Always,
        };
        return new(prefix, steps[^1].Flag("split") ?? true, splits);
    }
}
