namespace VitGrid.Access.Keys;

/// <summary>What a key may be used for.</summary>
[Flags]
public enum Scopes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Vectors of images.</summary>
    Embed = 1,

    /// <summary>Hidden states and tokens of images.</summary>
    Features = 2,

    /// <summary>Files of batches.</summary>
    Files = 4,

    /// <summary>Batches.</summary>
    Batches = 8,

    /// <summary>Jobs of the indexing queue.</summary>
    Index = 16,

    /// <summary>Metrics, and what runs here.</summary>
    Metrics = 32,

    /// <summary>Everything: drain, load, purge, the dashboard, and whatever states no scope of its own.</summary>
    Admin = 64,
}

/// <summary>Lanes that a key may use.</summary>
[Flags]
public enum KeyLanes
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Somebody waits for the answer.</summary>
    Interactive = 1,

    /// <summary>Throughput counts; batches.</summary>
    Bulk = 2,

    /// <summary>Every lane.</summary>
    All = Interactive | Bulk,
}

/// <summary>The words of scopes and lanes, as flags, tokens and messages write them. Pure.</summary>
public static class AccessWords
{
    private static readonly Scopes[] All = [.. Enum.GetValues<Scopes>().Where(scope => scope != Scopes.None)];

    /// <summary>Reads words with commas or blanks between.</summary>
    /// <exception cref="FormatException">A word is no scope.</exception>
    public static Scopes ParseScopes(string text) => Words(text).Aggregate(Scopes.None, (scopes, word) => scopes | (Find(word)
        ?? throw new FormatException($"'{word}' is no scope; there are {Format(All.Aggregate((one, other) => one | other))}")));

    /// <summary>Reads the words that are scopes, and passes over others, which are another program's.</summary>
    public static Scopes KnownScopes(IEnumerable<string> words) =>
        words.SelectMany(Words).Aggregate(Scopes.None, (scopes, word) => scopes | (Find(word) ?? Scopes.None));

    /// <summary>Reads words with commas or blanks between.</summary>
    /// <exception cref="FormatException">A word is no lane.</exception>
    public static KeyLanes ParseLanes(string text) => Words(text).Aggregate(KeyLanes.None, (lanes, word) => lanes | (word switch
    {
        "interactive" => KeyLanes.Interactive,
        "bulk" => KeyLanes.Bulk,
        _ => throw new FormatException($"'{word}' is no lane; there are interactive and bulk"),
    }));

    /// <summary>The scopes' words with commas between; <c>none</c> for none.</summary>
    public static string Format(Scopes scopes) =>
        scopes == Scopes.None ? "none" : string.Join(", ", All.Where(scope => (scopes & scope) != 0).Select(Word));

    /// <summary>The lanes' words with commas between.</summary>
    public static string Format(KeyLanes lanes) => lanes switch
    {
        KeyLanes.All => "interactive, bulk",
        KeyLanes.None => "none",
        _ => lanes == KeyLanes.Bulk ? "bulk" : "interactive",
    };

    private static Scopes? Find(string word) => All.Where(scope => Word(scope) == word).Select(scope => (Scopes?)scope).FirstOrDefault();

    private static string Word(Scopes scope) => scope switch
    {
        Scopes.Embed => "embed",
        Scopes.Features => "features",
        Scopes.Files => "files",
        Scopes.Batches => "batches",
        Scopes.Index => "index",
        Scopes.Metrics => "metrics",
        _ => "admin",
    };

    private static string[] Words(string text) => text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
}
