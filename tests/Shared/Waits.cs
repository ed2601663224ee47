namespace VitGrid.Testing;

/// <summary>How long tests wait.</summary>
internal static class Waits
{
    /// <summary>Only reached when something never happens; the assertion then says what.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
}
