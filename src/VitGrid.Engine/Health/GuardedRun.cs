namespace VitGrid.Engine.Health;

/// <summary>One run that a <see cref="DeviceGuard"/> watches.</summary>
internal sealed class GuardedRun(RunShape shape)
{
    /// <summary>What it is bounded by.</summary>
    public RunShape Shape => shape;

    /// <summary>When it began.</summary>
    public TimeSpan Began { get; set; }

    /// <summary>How long it may take; null: not known.</summary>
    public TimeSpan? Bound { get; set; }

    /// <summary>Whether the device was given up because it did not end.</summary>
    public bool IsOverdue { get; set; }
}

/// <summary>A device does not take runs, or was given up while one waited or ran.</summary>
/// <param name="device">Its name.</param>
/// <param name="reason">Why.</param>
/// <param name="isBreaker">Whether it was this run that broke it.</param>
internal sealed class DeviceOutException(string device, string reason, bool isBreaker) : Exception($"device {device} is out: {reason}")
{
    /// <summary>Whether it was this run that broke it.</summary>
    public bool IsBreaker => isBreaker;
}
