namespace VitGrid.Runtime.Health;

/// <summary>Where and when a vector was computed, so that it can be found when a device turns out to have computed wrong.</summary>
/// <param name="Devices">
/// The devices of the replica's stages, first to last, as <c>PROCESS/DEVICE</c>, comma-separated: <c>worker-1/cpu:0,worker-2/cuda:1</c>.
/// One string a replica: its vectors share it. At most <see cref="MaxLength"/> characters: <see cref="AnyDevice"/> at the end stands for
/// devices that there was no room for.
/// </param>
/// <param name="ComputedAt">When the batch ended, by the clock of the process that has the replica's head.</param>
public sealed record VectorOrigin(string Devices, DateTimeOffset ComputedAt)
{
    /// <summary>Characters of <see cref="Devices"/> at most.</summary>
    public const int MaxLength = 1_024;

    /// <summary>Stands for devices that are not named: every device may be meant.</summary>
    public const string AnyDevice = "*";

    private const char Separator = ',';

    // The end of the year 9999.
    private const long MaxMilliseconds = 253_402_300_800_000;

    /// <summary><see cref="ComputedAt"/> as it is stored and sent: milliseconds since 1970.</summary>
    public long Milliseconds => ComputedAt.ToUnixTimeMilliseconds();

    /// <summary>The name of a device across processes.</summary>
    public static string NameOf(string process, string device) => $"{process}/{device}";

    /// <summary>Makes <see cref="Devices"/> of the names of a replica's devices; one that holds several stages is named once.</summary>
    public static string Join(IEnumerable<string> devices)
    {
        string all = string.Join(Separator, devices.Distinct());
        if (all.Length <= MaxLength)
            return all;
        int end = all.LastIndexOf(Separator, MaxLength - 2);
        return end < 0 ? AnyDevice : $"{all[..end]}{Separator}{AnyDevice}";
    }

    /// <summary>
    /// The origin of what was made of several computations, of the earliest time; null where one of them has none.
    /// </summary>
    public static VectorOrigin? OfSeveral(IReadOnlyCollection<VectorOrigin?> origins) => origins.Any(origin => origin is null)
        ? null
        : new(Join(origins.SelectMany(origin => origin!.Devices.Split(Separator))), origins.Min(origin => origin!.ComputedAt));

    /// <summary>Reads what was stored or sent; null where nothing was said, or nothing that can be an origin.</summary>
    public static VectorOrigin? From(string? devices, long milliseconds) =>
        devices is { Length: > 0 and <= MaxLength } && milliseconds is > 0 and < MaxMilliseconds && !devices.Any(char.IsControl)
            ? new(devices, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds))
            : null;

    /// <summary>
    /// Whether the vector passed a device that <paramref name="pattern"/> means: <c>PROCESS/DEVICE</c>, a <c>DEVICE</c> of any process, or
    /// either with <c>*</c> for any characters.
    /// </summary>
    public bool Passed(string pattern)
    {
        foreach (Range part in Devices.AsSpan().Split(Separator))
        {
            if (IsMeant(Devices.AsSpan(part), pattern))
                return true;
        }
        return false;
    }

    private static bool IsMeant(ReadOnlySpan<char> device, ReadOnlySpan<char> pattern)
    {
        if (device is AnyDevice)
            return true;
        ReadOnlySpan<char> compared = pattern.Contains('/') ? device : device[(device.LastIndexOf('/') + 1)..];
        return System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, compared, ignoreCase: false);
    }
}
