namespace VitGrid.Indexing;

/// <summary>
/// Who reads files and batches. A store hands out only what its reader may see: what is another's is not there, so that no handler can
/// forget to ask.
/// </summary>
/// <param name="Tenant">The reader; empty where nobody was asked who they are.</param>
/// <param name="SeesUnowned">
/// Whether what nobody owns is shown: what was made where keys were off, or by a build that knew no owners.
/// </param>
public sealed record Viewer(string Tenant, bool SeesUnowned)
{
    /// <summary>The server itself, which works for all.</summary>
    public static Viewer System { get; } = new("", true) { SeesAll = true };

    private bool SeesAll { get; init; }

    /// <summary>Whether what belongs to <paramref name="owner"/>, null or empty for nobody, is shown.</summary>
    public bool Sees(string? owner) => SeesAll || (string.IsNullOrEmpty(owner) ? SeesUnowned : owner == Tenant);
}
