namespace VitGrid.Indexing.Sinks;

/// <summary>Why a sink did not do what it was asked.</summary>
public enum SinkFault
{
    /// <summary>
    /// The target is full or cannot be reached: the same call may succeed later. Nothing was stored, nothing half-written remains.
    /// </summary>
    Unavailable,

    /// <summary>
    /// The target is wrong (unwritable, of another job or schema, a fault in the specification): the same call fails until somebody fixes
    /// it.
    /// </summary>
    Refused,

    /// <summary>The part was aborted by whoever took over its items; this caller must drop it.</summary>
    PartAborted,

    /// <summary>One row, <see cref="SinkException.RowId"/>, cannot be stored in this target; without it the part can be.</summary>
    RowRefused,
}

/// <summary>A sink's failure. The message names the target, what was found, the limit and the remedy, and holds no password.</summary>
public sealed class SinkException(SinkFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why.</summary>
    internal SinkFault Fault { get; } = fault;

    /// <summary>What the owner of a part hears that was given up.</summary>
    internal static SinkException Aborted(string target, string part) => new(
        SinkFault.PartAborted,
        $"{target}: part {part} was given up by a worker that took over its items; this worker was taken for dead. Drop the part");

    /// <summary>Whether the same call may succeed later.</summary>
    internal bool IsTransient => Fault == SinkFault.Unavailable;

    /// <summary>The row that cannot be stored; null unless <see cref="Fault"/> is <see cref="SinkFault.RowRefused"/>.</summary>
    internal string? RowId { get; init; }
}
