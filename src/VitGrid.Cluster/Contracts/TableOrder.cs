namespace VitGrid.Cluster.Contracts;

/// <summary>
/// Orders tables, and the epochs of what they name: a term in the upper half of the number, a count within the term in the lower. The term
/// grows with the membership and no clock decides it. Builds before it numbered tables by the wall clock's milliseconds; every term is
/// above those, and they read this number as theirs.
/// </summary>
internal static class TableOrder
{
    private const int CountBits = 32;
    // 2^44 ms after 1970 are the year 2527.
    private const long FirstTerm = 1L << (44 - CountBits);

    // A membership changes with each process that comes or goes: one so far ahead is none that grew.
    private const long MaxLead = 1L << 20;

    /// <summary>The lowest version of a term.</summary>
    public static long First(long term) => (FirstTerm + term) << CountBits;

    /// <summary>The term of a version; 0 for one that a clock made.</summary>
    public static long TermOf(long version) => Math.Max(0, (version >> CountBits) - FirstTerm);

    /// <summary>
    /// Whether a version or an epoch can be a later one where <paramref name="known"/> is the latest. One that cannot is nobody's: to count
    /// on above it would soon find no number left.
    /// </summary>
    public static bool IsPlausible(long version, long known) => TermOf(version) <= TermOf(known) + MaxLead;
}
