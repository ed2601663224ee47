using VitGrid.Settings;

namespace VitGrid.Access.Keys;

/// <summary>What a caller may use; 0 is no limit. Minutes and days are those of the clock, days by UTC.</summary>
public sealed record KeyLimits
{
    private const string Own = " of a key or token without a limit of its own; 0: any number";
    private const long Most = 1L << 50;

    /// <summary>No limit at all.</summary>
    public static KeyLimits None { get; } = new();

    /// <summary>Requests in a minute.</summary>
    [Setting("requests in a minute" + Own, Unit = "requests", Min = 0, Max = Most)]
    public long RequestsPerMinute { get; init; }

    /// <summary>Requests in a day.</summary>
    [Setting("requests in a day" + Own, Unit = "requests", Min = 0, Max = Most)]
    public long RequestsPerDay { get; init; }

    /// <summary>Images in a minute.</summary>
    [Setting("images in a minute" + Own, Unit = "images", Min = 0, Max = Most)]
    public long ImagesPerMinute { get; init; }

    /// <summary>Images in a day.</summary>
    [Setting("images in a day" + Own, Unit = "images", Min = 0, Max = Most)]
    public long ImagesPerDay { get; init; }

    /// <summary>Bytes of bodies in a minute.</summary>
    [Setting("bytes of bodies in a minute" + Own, Unit = "bytes", Min = 0, Max = Most)]
    public long BytesPerMinute { get; init; }

    /// <summary>Bytes of bodies in a day.</summary>
    [Setting("bytes of bodies in a day" + Own, Unit = "bytes", Min = 0, Max = Most)]
    public long BytesPerDay { get; init; }

    /// <summary>Images that are being answered at once.</summary>
    [Setting("images under way at once" + Own, Unit = "images", Min = 0, Max = Most)]
    public long ImagesUnderWay { get; init; }

    /// <summary>These limits, and where there is none, those of <paramref name="defaults"/>.</summary>
    public KeyLimits Over(KeyLimits defaults)
    {
        ArgumentNullException.ThrowIfNull(defaults);
        return new()
        {
            RequestsPerMinute = FirstOf(RequestsPerMinute, defaults.RequestsPerMinute),
            RequestsPerDay = FirstOf(RequestsPerDay, defaults.RequestsPerDay),
            ImagesPerMinute = FirstOf(ImagesPerMinute, defaults.ImagesPerMinute),
            ImagesPerDay = FirstOf(ImagesPerDay, defaults.ImagesPerDay),
            BytesPerMinute = FirstOf(BytesPerMinute, defaults.BytesPerMinute),
            BytesPerDay = FirstOf(BytesPerDay, defaults.BytesPerDay),
            ImagesUnderWay = FirstOf(ImagesUnderWay, defaults.ImagesUnderWay),
        };
    }

    private static long FirstOf(long own, long other) => own > 0 ? own : other;
}
