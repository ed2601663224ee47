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
    private readonly ImmutableArray<(byte[] Bytes, ulong Sum)> _tensors;

    public SizedValues(ImmutableArray<SizedTensor> tensors)
    {
        Names = [.. tensors.Select(tensor => tensor.Name)];
        _tensors = [.. tensors.Select(Pin)];
        Values = [.. tensors.Select((tensor, i) => Wrap(tensor, _tensors[i].Bytes))];
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
            if (XxHash3.HashToUInt64(_tensors[i].Bytes) != _tensors[i].Sum)
                throw new SegmentRunException(RunFailure.Device, $"'{Names[i]}' in memory is no longer what was loaded");
        }
    }

    public void Dispose()
    {
        foreach (OrtValue value in Values)
            value.Dispose();
    }

    private static (byte[] Bytes, ulong Sum) Pin(SizedTensor tensor)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(tensor.Data.Length, pinned: true);
        tensor.Data.CopyTo(bytes);
        return (bytes, XxHash3.HashToUInt64(bytes));
    }

    private static OrtValue Wrap(SizedTensor tensor, byte[] bytes) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, tensor.IsInteger ? TensorElementType.Int64 : TensorElementType.Float, [.. tensor.Shape],
        Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0), bytes.Length);
}
