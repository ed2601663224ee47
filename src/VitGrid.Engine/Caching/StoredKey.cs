namespace VitGrid.Engine.Caching;

/// <summary>What a key in Redis says of itself; see <see cref="EmbeddingKey"/> for its form.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Revision">Fingerprint of its weights.</param>
public readonly record struct StoredKey(string Model, string Revision)
{
    private const string Prefix = "vg:1:";
    private const int PartsAfterName = 6;

    /// <summary>Null when it is not a key of this cache. Read from the end, since a model's name may hold colons.</summary>
    public static StoredKey? Parse(string key)
    {
        string[] parts = key.Split(':');
        return key.StartsWith(Prefix, StringComparison.Ordinal) && parts.Length >= 3 + PartsAfterName
            ? new(string.Join(':', parts[2..^PartsAfterName]), parts[^PartsAfterName])
            : null;
    }

    /// <summary>
    /// Pattern of Redis' SCAN for every key of a model, and for some of models whose names begin alike; of all models, when it is null.
    /// </summary>
    public static string Pattern(string? model) => $"{Prefix}{(model is null ? "" : string.Concat(model.Select(Escaped)) + ":")}*";

    private static string Escaped(char letter) => letter is '*' or '?' or '[' or ']' or '\\' ? $"\\{letter}" : letter.ToString();
}
