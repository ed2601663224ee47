using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>How the process ends.</summary>
public sealed record ShutdownOptions
{
    /// <summary>Longest time accepted requests may take to finish after the stop signal.</summary>
    [Setting("longest time for accepted requests after SIGTERM, and for a worker to hand over", Unit = "ms", Min = 1, Max = 3_600_000)]
    public int DrainMilliseconds { get; init; } = 60_000;

    /// <summary>Time after the last accepted answer during which late requests still get 503 instead of a closed port.</summary>
    [Setting("time after the last answer in which late requests still get 503", Unit = "ms", Min = 0, Max = 60_000)]
    public int LingerMilliseconds { get; init; } = 500;
}
