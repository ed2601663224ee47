using System.Collections.Frozen;

namespace VitGrid.Runtime.Sessions;

/// <summary>Where the outputs of one run lie. Pooled vectors and hidden states to look at are always in host memory.</summary>
/// <param name="Next">Address of the hidden state for the next segment, on the device that made it; 0 when there is none.</param>
/// <param name="Pooled">float [B, 2, D] by layer.</param>
/// <param name="HiddenStates">[B, T, D] by layer.</param>
internal sealed record SegmentOutputs(nint Next, FrozenDictionary<int, nint> Pooled, FrozenDictionary<int, nint> HiddenStates)
{
    /// <summary>The memory that <see cref="Next"/> lies in, as only engines know it that reach it; null: the host's.</summary>
    public string? Space { get; init; }

    /// <summary>Copies <see cref="Next"/> into host memory; null where it lies in host memory itself.</summary>
    public Func<Block>? CopyToHost { get; init; }

    public static SegmentOutputs HiddenOnly(nint next) => new(next, FrozenDictionary<int, nint>.Empty, FrozenDictionary<int, nint>.Empty);
}
