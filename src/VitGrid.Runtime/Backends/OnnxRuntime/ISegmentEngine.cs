using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>A part of a batch in memory: one image's pixels, or a whole tensor.</summary>
internal readonly record struct Piece(nint Address, long Bytes);

/// <summary>Runs one segment on one kind of memory.</summary>
internal interface ISegmentEngine : IDisposable
{
    /// <summary>The memory it computes in beside the host's; null where that is all it reaches.</summary>
    string? Space { get; }

    /// <summary>Runs a batch of <paramref name="batchSize"/> whose input is <paramref name="chunks"/>, one after another.</summary>
    Activation Run(ReadOnlySpan<Piece> chunks, int batchSize);
}
