using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>How much may wait before requests are refused with 429.</summary>
public sealed record QueueOptions
{
    /// <summary>
    /// Images waiting for a model. One lane fills at most three quarters of it, and of <see cref="MaxBytes"/>, so that a flood in one
    /// leaves room for the other.
    /// </summary>
    [Setting("images waiting for a model; one lane fills at most three quarters", Unit = "images", Min = 1, Max = 1_000_000,
        Beside = "not below `Http:MaxInputs`")]
    public int MaxImages { get; init; } = 2_048;

    /// <summary>Bytes of request bodies and pixels held for waiting images, all models together.</summary>
    [Setting("request bodies and pixels held for waiting images, all models together; one lane fills at most three quarters",
        Unit = "bytes", Min = 1L << 20, Max = 1L << 40, Beside = "not below `Images:MaxFileBytes`")]
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>Deadline of a request that names none.</summary>
    [Setting("deadline of a request without `timeout_ms`; what could not be answered in half of it is refused at once",
        Unit = "ms", Min = 1, Max = 3_600_000)]
    public int DefaultTimeoutMilliseconds { get; init; } = 60_000;

    /// <summary>Images of one lane that may wait a model.</summary>
    internal int LaneImages => MaxImages - (MaxImages / 4);

    /// <summary>
    /// Whether an image of <paramref name="bytes"/> fits beside what waits in <paramref name="all"/> lanes and in its own. The first image
    /// of a lane may take all bytes there are, or the largest would never be served.
    /// </summary>
    internal bool Fits(Held all, Held lane, long bytes) =>
        all.Images < MaxImages
        && lane.Images < LaneImages
        && all.Bytes + bytes <= MaxBytes
        && (lane.Images == 0 || lane.Bytes + bytes <= MaxBytes - (MaxBytes / 4));
}

/// <summary>What waits: images and the bytes they hold.</summary>
internal readonly record struct Held(int Images, long Bytes);
