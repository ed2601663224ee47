using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>What requests for features may take: hidden states are thousands of times as large as a vector.</summary>
public sealed record FeatureOptions : ISettingRules
{
    /// <summary>Most bytes of one answer.</summary>
    [Setting("most bytes of the answer to one request for features; a larger one is refused before anything is computed", Unit = "bytes",
        Min = 1L << 16, Max = 1L << 40)]
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of one answer that are computed before the client has taken what comes before them.</summary>
    [Setting("bytes of one answer that are computed ahead of what the client has taken; an image that alone has more is computed alone",
        Unit = "bytes", Min = 1L << 16, Max = 1L << 40, Beside = "not above `Features:HeldBytes`")]
    public long WindowBytes { get; init; } = 64L << 20;

    /// <summary>Bytes of features that the process holds.</summary>
    [Setting("features that a process computes or holds until they are sent, of all requests; what finds no room waits until its deadline",
        Unit = "bytes", Min = 1L << 16, Max = 1L << 40)]
    public long HeldBytes { get; init; } = 1L << 30;

    /// <summary>The slowest client that is sent features.</summary>
    [Setting("a client that takes features more slowly than this, over some seconds, is cut off, so that it holds none for long",
        Unit = "bytes per second", Min = 1, Max = 1L << 30)]
    public int MinBytesPerSecond { get; init; } = 64 << 10;

    /// <inheritdoc/>
    public IEnumerable<string> Faults(SettingPath path) => SettingPath.AtMost(
        path[nameof(WindowBytes)], WindowBytes, path[nameof(HeldBytes)], HeldBytes, "a full window could never be computed");
}
