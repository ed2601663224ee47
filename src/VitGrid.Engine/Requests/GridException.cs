namespace VitGrid.Engine.Requests;

/// <summary>Why the grid refused a request.</summary>
public enum GridFault
{
    /// <summary>A field's value is not one the model serves (layer, profile).</summary>
    InvalidRequest,

    /// <summary>No model of that name.</summary>
    ModelNotFound,

    /// <summary>The model's weights are still being loaded.</summary>
    ModelLoading,

    /// <summary>The model could not be loaded.</summary>
    ModelFailed,

    /// <summary>A segment failed on the request's batch.</summary>
    SegmentFailed,

    /// <summary>The queue is full in images or bytes.</summary>
    Overloaded,

    /// <summary>The process is shutting down.</summary>
    Draining,

    /// <summary>The request's deadline passed before it was computed.</summary>
    DeadlineExceeded,

    /// <summary>Two devices broke on the image: it is at fault itself.</summary>
    ImageBreaksDevices,

    /// <summary>A number of the image's features is beyond the element type that was asked for.</summary>
    BeyondType,
}

/// <summary>A request the grid refused. The message names the thing, its value, the limit and the remedy.</summary>
public sealed class GridException : Exception
{
    /// <summary>Creates the refusal.</summary>
    public GridException(GridFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    /// <summary>Why.</summary>
    public GridFault Fault { get; private set; }

    /// <summary>The field of the request that is at fault; null: none in particular.</summary>
    public string? Field { get; init; }

    /// <summary>When to try again, if that is known; null otherwise, and where trying again does not help.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
