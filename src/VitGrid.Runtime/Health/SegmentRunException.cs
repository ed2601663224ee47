namespace VitGrid.Runtime.Health;

/// <summary>What a run that failed says about the next one.</summary>
public enum RunFailure
{
    /// <summary>The input cannot be run: another one may be, on the same device.</summary>
    Input,

    /// <summary>There was no memory for a batch of this size: a smaller one may run.</summary>
    Memory,

    /// <summary>The device failed; it may run the same again.</summary>
    Device,

    /// <summary>Nothing will run on the device again in this process.</summary>
    Context,
}

/// <summary>A device failed at a run; the message is the runtime's or the driver's own.</summary>
/// <param name="failure">What that says about the next run.</param>
/// <param name="message">What was said.</param>
/// <param name="inner">Who said it.</param>
public sealed class SegmentRunException(RunFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What it says about the next run.</summary>
    public RunFailure Failure => failure;
}
