using VitGrid.Text.OpenClip;

namespace VitGrid.Text.Reading;

/// <summary>Opens the tokenizer that a checkpoint's folder brings.</summary>
public static class TokenizerReader
{
    private static readonly Dictionary<string, Func<TokenizerSource, ITextTokenizer>> Classes = new(StringComparer.Ordinal)
    {
        ["CLIPTokenizer"] = ClipReader.Read,
        ["SiglipTokenizer"] = SiglipReader.Read,
        ["T5Tokenizer"] = SiglipReader.Read,
        ["GemmaTokenizer"] = GemmaReader.Read,
        ["Siglip2Tokenizer"] = GemmaReader.Read,
    };

    /// <summary>The files of a folder that tokenizers are read from, as far as it has them.</summary>
    public static IReadOnlyList<string> FileNames { get; } =
    [
        "config.json", OpenClipConfig.FileName, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.json",
        "vocab.json", "merges.txt", SiglipReader.FileName, GemmaReader.FileName,
    ];

    // They name no family: the files tell.
    private static readonly string[] General = ["PreTrainedTokenizer", "TokenizersBackend"];

    /// <summary>Whether a folder holds files of a tokenizer, of whatever kind.</summary>
    public static bool HasTokenizer(string folder)
    {
        TokenizerFolder files = new(folder);
        string[] names = ["tokenizer.json", "vocab.json", SiglipReader.FileName, GemmaReader.FileName];
        return names.Any(files.Has);
    }

    /// <summary>Opens a folder's tokenizer: CLIP's, SigLIP's or SigLIP 2's.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="options">What is asked beyond the files; null: nothing.</param>
    /// <exception cref="TokenizerException">There is none, it is damaged, or its ids would not be exact here.</exception>
    // Strings are decoded where they are looked at, and each may turn out to hold half a character.
    public static ITextTokenizer Open(string folder, TokenizerOptions? options = null) =>
        JsonText.Guard(folder, () => Open(new TokenizerFolder(folder), options ?? new()));

    private static ITextTokenizer Open(TokenizerFolder files, TokenizerOptions options)
    {
        TokenizerSource source = new(files, TokenizerConfig.Read(files), options);
        OpenClipConfig? openClip = IsOpenClips(files, source.Options) ? OpenClipConfig.Read(files) : null;
        ITextTokenizer tokenizer = (ByClass(source.Config.ClassName, files.Path) ?? ByFiles(files))(source);
        return openClip?.Cleaning is { } cleaning ? new CleaningTokenizer(tokenizer, cleaning) : tokenizer;
    }

    /// <summary>A folder may hold both forms: then transformers' is taken, unless the caller says otherwise.</summary>
    private static bool IsOpenClips(TokenizerFolder files, TokenizerOptions options) =>
        options.OpenClip ?? JsonText.Root(files, "config.json")?.Text("model_type") is null;

    private static Func<TokenizerSource, ITextTokenizer>? ByClass(string? name, string folder)
    {
        string? plain = name is not null && name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^4] : name;
        if (plain is null || General.Contains(plain))
            return null;
        return Classes.GetValueOrDefault(plain) ?? throw new TokenizerException(
            $"the tokenizer of {folder} is a {name}; served are {string.Join(", ", Classes.Keys)}");
    }

    private static Func<TokenizerSource, ITextTokenizer> ByFiles(TokenizerFolder files)
    {
        if (files.Has(SiglipReader.FileName))
            return SiglipReader.Read;
        if (files.Has("tokenizer.json"))
            return ByModel(TokenizerJson.Read(files, "tokenizer.json"));
        if (files.Has("vocab.json") && files.Has("merges.txt"))
            return ClipReader.Read;
        if (files.Has(GemmaReader.FileName))
            return GemmaReader.Read;
        throw new TokenizerException(files.Has("vocab.txt")
            ? $"{files.Path} holds a WordPiece vocabulary (vocab.txt), which is BERT's; served are CLIP's, SigLIP's and SigLIP 2's"
            : $"{files.Path} holds no tokenizer: no tokenizer.json, no vocab.json with merges.txt, no {SiglipReader.FileName}, no "
                + $"{GemmaReader.FileName}; fetch the model's tokenizer files beside its weights");
    }

    private static Func<TokenizerSource, ITextTokenizer> ByModel(TokenizerJson json) => json.Type switch
    {
        "Unigram" => SiglipReader.Read,
        "BPE" when json.ModelFlag("byte_fallback") => GemmaReader.Read,
        "BPE" => ClipReader.Read,
        _ => throw new TokenizerException(
            $"{json.File} is a '{json.Type}' tokenizer; served are CLIP's and SigLIP 2's BPE and SigLIP's Unigram"),
    };
}
