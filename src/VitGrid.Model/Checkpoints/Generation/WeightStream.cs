using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Checkpoints.Generation;

/// <summary>Makes the bytes of an encoder's tensors, a buffer at a time on all cores, and counts them.</summary>
internal sealed class WeightStream(
    ulong seed, TensorType type, long totalBytes, IProgress<double>? progress, CancellationToken cancellationToken)
{
    private const int BufferBytes = 16 << 20;
    private const int PieceBytes = 1 << 18;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(BufferBytes, totalBytes));
    private long _written;

    public TensorToWrite ToWrite(ExpectedTensor tensor) => new(tensor.Name, type, tensor.Shape, stream => Write(stream, tensor));

    /// <summary>Matrices keep the size of what passes through them; a tenth of each branch is added, as after training.</summary>
    private SeededWeights Weights(ExpectedTensor tensor) => tensor.Kind switch
    {
        WeightKind.Matrix => new(seed, tensor.Name, 0, 1 / Math.Sqrt(tensor.Elements / tensor.Shape[0])),
        WeightKind.NormWeight => new(seed, tensor.Name, 1, 0),
        WeightKind.LayerScale => new(seed, tensor.Name, 0.1f, 0),
        _ => new(seed, tensor.Name, 0, 0.02),
    };

    private void Write(Stream stream, ExpectedTensor tensor)
    {
        SeededWeights weights = Weights(tensor);
        long length = tensor.Elements * type.ElementSize();
        for (long done = 0; done < length; done += _buffer.Length)
        {
            int count = (int)Math.Min(_buffer.Length, length - done);
            Fill(weights, done / type.ElementSize(), count);
            stream.Write(_buffer.AsSpan(0, count));
            _written += count;
            progress?.Report((double)_written / totalBytes);
        }
    }

    private void Fill(SeededWeights weights, long first, int count) => Parallel.For(
        0,
        (count + PieceBytes - 1) / PieceBytes,
        new ParallelOptions { CancellationToken = cancellationToken },
        piece => weights.Fill(
            type,
            first + ((long)piece * PieceBytes / type.ElementSize()),
            _buffer.AsSpan(piece * PieceBytes, Math.Min(PieceBytes, count - (piece * PieceBytes)))));
}
