using VitGrid.Runtime.Health;

namespace VitGrid.Engine.Caching;

/// <summary>A device was found to compute wrong: nobody is to be answered what it computed in that time.</summary>
/// <param name="Device">The device, <c>NODE/DEVICE</c>.</param>
/// <param name="Since">When it was last known to be right.</param>
/// <param name="Until">When it took no more images.</param>
public sealed record VectorRecall(string Device, DateTimeOffset Since, DateTimeOffset Until)
{
    /// <summary>
    /// By how much the clocks of two machines may differ: times are those of a replica's head, the recall's those of the device's process.
    /// </summary>
    public static readonly TimeSpan ClockAllowance = TimeSpan.FromSeconds(5);

    /// <summary>Whether a vector is among them. One that does not say where it comes from is not.</summary>
    public bool Covers(VectorOrigin? origin) => origin is not null
        && origin.ComputedAt >= Since - ClockAllowance && origin.ComputedAt <= Until + ClockAllowance && origin.Passed(Device);
}

/// <summary>What was found out about the grid's devices, as this process has heard. A snapshot, replaced as a whole; thread-safe.</summary>
public sealed class VectorRecalls
{
    /// <summary>Most recalls that are held: the oldest go, whose vectors were removed long ago.</summary>
    public const int MaxHeld = 64;

    private ImmutableArray<VectorRecall> _held = [];

    /// <summary>All of them, the oldest first.</summary>
    public ImmutableArray<VectorRecall> Held => ImmutableInterlocked.InterlockedCompareExchange(ref _held, default, default);

    /// <summary>Whether any covers a vector.</summary>
    public bool Covers(VectorOrigin? origin)
    {
        ImmutableArray<VectorRecall> held = Held;
        return !held.IsEmpty && held.Any(recall => recall.Covers(origin));
    }

    /// <summary>Adds a recall.</summary>
    /// <returns>False when it is known.</returns>
    public bool Add(VectorRecall recall) => ImmutableInterlocked.Update(
        ref _held, (held, added) => held.Contains(added) ? held : [.. held.Append(added).TakeLast(MaxHeld)], recall);
}
