using System.Collections.Immutable;

namespace VitGrid.Model.Segments;

/// <summary>A segment as ONNX: a small graph whose weights point into the checkpoint's files.</summary>
/// <param name="Request">What it was built for.</param>
/// <param name="Onnx">The model's bytes.</param>
/// <param name="WeightFolder">The folder its external data is relative to: hand it to the runtime beside the bytes.</param>
/// <param name="InputName">Name of its one input.</param>
/// <param name="NextInput">Name of the hidden state that the following segment takes; null for the last segment.</param>
/// <param name="PooledLayers">Layers whose pooled vectors it gives out.</param>
/// <param name="HiddenStates">Layers whose hidden states it gives out on request.</param>
public sealed record SegmentModel(
    SegmentRequest Request,
    byte[] Onnx,
    string WeightFolder,
    string InputName,
    string? NextInput,
    ImmutableSortedSet<int> PooledLayers,
    ImmutableSortedSet<int> HiddenStates);
