using System.Collections.Immutable;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Segments;

/// <summary>A segment as ONNX: a small graph whose weights point into the checkpoint's files.</summary>
/// <param name="Request">What it was built for.</param>
/// <param name="Onnx">The model's bytes.</param>
/// <param name="WeightFolder">The folder its external data is relative to: hand it to the runtime beside the bytes.</param>
/// <param name="Weights">The weights that are computed with as they lie in their files.</param>
/// <param name="Ports">What goes in and comes out.</param>
public sealed record SegmentModel(
    SegmentRequest Request, byte[] Onnx, string WeightFolder, ImmutableArray<SegmentWeight> Weights, SegmentPorts Ports);

/// <summary>A weight of a segment that is computed with as it lies in its file.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Slice">Where it lies.</param>
/// <param name="Shape">The dimensions that the graph reads it with.</param>
public sealed record SegmentWeight(string Name, WeightSlice Slice, ImmutableArray<long> Shape);
