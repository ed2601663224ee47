using System.Collections.Immutable;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Health;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>
/// What makes a graph that serves images of every size one for those of a single size; handed to the runtime with each run. It is no weight
/// that a probe of another size computes with, and has a checksum instead.
/// </summary>
internal sealed class SizedValues : IDisposable
{
    private readonly ImmutableArray<SizedTensor> _tensors;
    private readonly ImmutableArray<ulong> _sums;
    private readonly ImmutableArray<GCHandle> _pinned;
    private int _disposed;

    public SizedValues(ImmutableArray<SizedTensor> tensors)
    {
        _tensors = tensors;
        _sums = [.. tensors.Select(Sum)];
        // Where they are: the biases of attention may be hundreds of megabytes.
        _pinned = [.. tensors.Select(tensor => GCHandle.Alloc(ImmutableCollectionsMarshal.AsArray(tensor.Data), GCHandleType.Pinned))];
        Names = [.. tensors.Select(tensor => tensor.Name)];
        Values = [.. tensors.Select((tensor, i) => Wrap(tensor, _pinned[i].AddrOfPinnedObject()))];
    }

    /// <summary>Names of the graph's inputs.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>Their values, in the same order.</summary>
    public ImmutableArray<OrtValue> Values { get; }

    /// <summary>Compares the values in memory with what they were.</summary>
    /// <exception cref="SegmentRunException">One has changed.</exception>
    public void Check()
    {
        for (int i = 0; i < _tensors.Length; i++)
        {
            if (Sum(_tensors[i]) != _sums[i])
                throw new SegmentRunException(RunFailure.Device, $"'{Names[i]}' in memory is no longer what was loaded");
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        foreach (OrtValue value in Values)
            value.Dispose();
        foreach (GCHandle pinned in _pinned)
            pinned.Free();
    }

    private static ulong Sum(SizedTensor tensor) => XxHash3.HashToUInt64(tensor.Data.AsSpan());

    private static OrtValue Wrap(SizedTensor tensor, nint address) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, tensor.IsInteger ? TensorElementType.Int64 : TensorElementType.Float, [.. tensor.Shape], address,
        tensor.Data.Length);
}
