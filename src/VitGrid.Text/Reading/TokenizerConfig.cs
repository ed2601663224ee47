using System.Globalization;
using System.Text.Json;
using VitGrid.Text.Added;

namespace VitGrid.Text.Reading;

/// <summary>What <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and <c>added_tokens.json</c> say.</summary>
internal sealed record TokenizerConfig
{
    /// <summary>A length above this means that the file sets none.</summary>
    private const double MaxLength = 65_536;

    private static readonly string[] SpecialNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token"];

    /// <summary>The class of transformers; null: not said.</summary>
    public string? ClassName { get; private init; }

    /// <summary>The most tokens; null: not said.</summary>
    public int? MaxTokens { get; private init; }

    /// <summary>Whether a text is lower-cased; null: not said.</summary>
    public bool? LowerCase { get; private init; }

    /// <summary>Whether a text begins with a token.</summary>
    public bool AddsStart { get; private init; }

    /// <summary>Special tokens by the names <c>bos_token</c>, <c>eos_token</c>, <c>unk_token</c>, <c>pad_token</c>, …</summary>
    public IReadOnlyDictionary<string, SpecialToken> Special { get; private init; } = new Dictionary<string, SpecialToken>();

    /// <summary>The tokens of <c>added_tokens_decoder</c> and <c>added_tokens.json</c>.</summary>
    public IReadOnlyList<AddedToken> Added { get; private init; } = [];

    /// <summary>Reads them; files that are missing say nothing.</summary>
    /// <exception cref="TokenizerException">One is damaged.</exception>
    public static TokenizerConfig Read(TokenizerFolder folder)
    {
        JsonElement config = JsonText.Root(folder, "tokenizer_config.json") ?? default;
        JsonElement map = JsonText.Root(folder, "special_tokens_map.json") ?? default;
        JsonElement added = JsonText.Root(folder, "added_tokens.json") ?? default;
        return JsonText.Guard(folder.PathOf("tokenizer_config.json"), () => Read(config, map, added));
    }

    /// <summary>How a special token is written.</summary>
    public string Content(string name, string otherwise) => Special.TryGetValue(name, out SpecialToken? token) ? token.Content : otherwise;

    private static TokenizerConfig Read(JsonElement config, JsonElement map, JsonElement added)
    {
        Dictionary<string, SpecialToken> special = [];
        foreach (string name in SpecialNames)
        {
            if ((SpecialToken.Read(config, name) ?? SpecialToken.Read(map, name)) is { } token)
                special[name] = token;
        }
        return new()
        {
            ClassName = config.Text("tokenizer_class"),
            MaxTokens = config.Number("model_max_length") is >= 1 and <= MaxLength and var length ? (int)length : null,
            LowerCase = config.Flag("do_lower_case"),
            AddsStart = config.Flag("add_bos_token") ?? false,
            Special = special,
            Added = [.. Decoder(config), .. Plain(added)],
        };
    }

    private static IEnumerable<AddedToken> Decoder(JsonElement config)
    {
        if (config.Object("added_tokens_decoder") is not { } tokens)
            yield break;
        foreach (JsonProperty token in tokens.EnumerateObject())
        {
            if (token.Value.Text("content") is { Length: > 0 } content)
                yield return FromJson(token.Value, content, IdOf(token.Name));
        }
    }

    /// <summary>A token with the flags of its JSON object.</summary>
    public static AddedToken FromJson(JsonElement token, string content, int id) => new(
        content,
        id,
        token.Flag("normalized") ?? true,
        token.Flag("lstrip") ?? false,
        token.Flag("rstrip") ?? false,
        token.Flag("single_word") ?? false);

    private static IEnumerable<AddedToken> Plain(JsonElement added)
    {
        if (added.ValueKind != JsonValueKind.Object)
            yield break;
        foreach (JsonProperty token in added.EnumerateObject())
            yield return new(token.Name, IdOf(token.Value.GetRawText()), IsNormalized: true);
    }

    private static int IdOf(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
        ? Vocabulary.Checked(id)
        : throw new FormatException($"'{text}' is no token id");
}
