using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>Runs a segment in host memory: batches of any size, outputs where ONNX Runtime allocates them.</summary>
internal sealed class DirectEngine(InferenceSession session, SegmentTensors tensors) : ISegmentEngine
{
    private readonly RunOptions _options = new();
    private readonly string[] _outputs = [.. tensors.Outputs.Select(output => output.Name)];

    public string? Space => null;

    public Activation Run(ReadOnlySpan<Piece> chunks, int batchSize)
    {
        using OrtValue input = chunks.Length == 1 ? Wrap(chunks[0], batchSize) : Gather(chunks, batchSize);
        IDisposableReadOnlyCollection<OrtValue> results = session.Run(_options, [tensors.Input.Name], [input], _outputs);
        Dictionary<string, nint> addresses = _outputs.Zip(results).ToDictionary(pair => pair.First, pair => Address(pair.Second));
        SegmentOutputs outputs = new(
            tensors.NextInput is { } next ? addresses[next] : 0,
            tensors.Pooled.ToFrozenDictionary(layer => layer.Key, layer => addresses[layer.Value]),
            tensors.HiddenStates.ToFrozenDictionary(layer => layer.Key, layer => addresses[layer.Value]));
        return new(tensors.Hidden with { BatchSize = batchSize }, outputs, results);
    }

    public void Dispose()
    {
        session.Dispose();
        _options.Dispose();
    }

    private OrtValue Wrap(Piece piece, int batchSize) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, tensors.Input.Type, tensors.Input.Shape(batchSize), piece.Address, piece.Bytes);

    private unsafe OrtValue Gather(ReadOnlySpan<Piece> chunks, int batchSize)
    {
        OrtValue batch = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, tensors.Input.Type, tensors.Input.Shape(batchSize));
        byte* target = (byte*)Address(batch);
        foreach (Piece piece in chunks)
        {
            NativeMemory.Copy((void*)piece.Address, target, (nuint)piece.Bytes);
            target += piece.Bytes;
        }
        return batch;
    }

    private static unsafe nint Address(OrtValue tensor)
    {
        fixed (byte* first = tensor.GetTensorMutableRawData())
            return (nint)first;
    }
}
