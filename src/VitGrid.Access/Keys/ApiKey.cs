using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace VitGrid.Access.Keys;

/// <summary>A key as it is kept: what it may do, and the hash by which it is recognised.</summary>
public sealed partial record ApiKey
{
    /// <summary>Its id, which stays when it is rotated: files, batches and shares are counted by it.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it; no other key has it.</summary>
    public required string Name { get; init; }

    /// <summary><see cref="KeyHash"/> in hexadecimal.</summary>
    public required string Hash { get; init; }

    /// <summary>The hash before the last rotation; null where there was none, or it was refused at once.</summary>
    public string? PreviousHash { get; init; }

    /// <summary>Until when <see cref="PreviousHash"/> is taken.</summary>
    public DateTimeOffset? PreviousUntil { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>When its secret was last changed; null: never.</summary>
    public DateTimeOffset? Rotated { get; init; }

    /// <summary>What it may be used for.</summary>
    public Scopes Scopes { get; init; } = Scopes.Embed;

    /// <summary>Models that it may use; none named: all.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Lanes that it may use.</summary>
    public KeyLanes Lanes { get; init; } = KeyLanes.All;

    /// <summary>What it may use.</summary>
    public KeyLimits Limits { get; init; } = KeyLimits.None;

    /// <summary>Whether a text can be a key's name: 1–64 of letters, digits, <c>-</c>, <c>_</c>, <c>.</c>.</summary>
    public static bool IsName(string text) => NameForm().IsMatch(text);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Id})";

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex NameForm();
}

/// <summary>What a file of keys holds.</summary>
/// <param name="Keys">The keys.</param>
internal sealed record KeyFileContent(IReadOnlyList<ApiKey> Keys);

/// <summary>How keys stand in JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    WriteIndented = true)]
[JsonSerializable(typeof(ApiKey))]
[JsonSerializable(typeof(KeyFileContent))]
internal sealed partial class KeyJson : JsonSerializerContext
{
    /// <summary>Keys of a text; each is checked.</summary>
    /// <exception cref="JsonException">It holds something else.</exception>
    public static IReadOnlyList<ApiKey> ReadFile(ReadOnlySpan<byte> text) =>
        JsonSerializer.Deserialize(text, Default.KeyFileContent)?.Keys is { } keys
            ? [.. keys.Select(Checked)]
            : throw new JsonException("it holds no list of keys");

    /// <summary>A key of a text.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static ApiKey Read(string text) =>
        JsonSerializer.Deserialize(text, Default.ApiKey) is { } key ? Checked(key) : throw new JsonException("it holds no key");

    private static ApiKey Checked(ApiKey key)
    {
        try
        {
            _ = KeyHash.Parse(key.Hash);
            _ = key.PreviousHash is { } earlier ? KeyHash.Parse(earlier) : default;
        }
        catch (FormatException)
        {
            throw new JsonException($"the hash of key '{key.Name}' is not 64 hexadecimal digits");
        }
        // What JSON leaves out has no initial value here, whatever the property's initialiser says.
        return key.Lanes == Keys.KeyLanes.None
            ? throw new JsonException($"key '{key.Name}' names no lanes; All, Interactive or Bulk")
            : key with { Models = key.Models ?? [], Limits = key.Limits ?? Keys.KeyLimits.None };
    }
}
