using System.Collections.Frozen;
using System.Numerics;
using Microsoft.ML.OnnxRuntime;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>
/// Runs a segment on a device with memory of its own. A batch goes into the smallest bucket (1, 2, 4, 8 … images) that holds it; a
/// bucket's buffers never move, as captured CUDA graphs need. Results are copied out of the bucket, so that the next batch may follow:
/// pooled vectors to the host, the hidden state to a block on the device, which the next segment there takes as it is.
/// </summary>
internal sealed class BoundEngine(InferenceSession session, SegmentTensors tensors, DeviceMemory memory) : ISegmentEngine
{
    private readonly Dictionary<int, Bucket> _buckets = [];
    private readonly BlockPool _deviceBlocks = new(memory.Device, memory.Enter);
    private readonly BlockPool _hostBlocks = new(memory.Host, memory.Enter);

    /// <summary>Addresses of any card are good on all others.</summary>
    public string? Space => "cuda";

    /// <summary>Images of the bucket that a batch goes into.</summary>
    public static int BucketFor(int batchSize) => (int)BitOperations.RoundUpToPowerOf2((uint)batchSize);

    public Activation Run(ReadOnlySpan<Piece> chunks, int batchSize)
    {
        memory.Enter();
        Bucket bucket = FindBucket(batchSize);
        nint target = bucket.Input;
        foreach (Piece piece in chunks)
        {
            memory.Copy(target, piece.Address, piece.Bytes);
            target += (nint)piece.Bytes;
        }
        bucket.Run();
        return ReadOutput(bucket, tensors.Hidden with { BatchSize = batchSize });
    }

    public void Dispose()
    {
        memory.Enter();
        foreach (Bucket bucket in _buckets.Values)
            bucket.Dispose();
        _deviceBlocks.Dispose();
        _hostBlocks.Dispose();
        session.Dispose();
    }

    private Bucket FindBucket(int batchSize)
    {
        int size = BucketFor(batchSize);
        if (!_buckets.TryGetValue(size, out Bucket? bucket))
            _buckets.Add(size, bucket = new(session, tensors, memory, size));
        return bucket;
    }

    private Activation ReadOutput(Bucket bucket, ActivationShape shape)
    {
        BlockOwner owner = new();
        try
        {
            nint next = 0;
            long room = bucket.Size * shape.BytesPerImage;
            if (tensors.NextInput is { } name)
            {
                next = owner.Add(_deviceBlocks.Rent(room)).Address;
                memory.Copy(next, bucket.AddressOf(name), shape.Bytes);
            }
            nint host = owner.Add(_hostBlocks.Rent(bucket.HostBytes)).Address;
            memory.Copy(host, bucket.Outputs, bucket.HostBytes);
            nint offset = host - bucket.Outputs;
            SegmentOutputs outputs = new(
                next,
                tensors.Pooled.ToFrozenDictionary(layer => layer.Key, layer => bucket.AddressOf(layer.Value) + offset),
                tensors.HiddenStates.ToFrozenDictionary(layer => layer.Key, layer => bucket.AddressOf(layer.Value) + offset))
            {
                VisualTokens = tensors.VisualTokens is { } visual
                    ? new(bucket.AddressOf(visual.Name) + offset, visual.ImageBytes) : default,
                PooledWidths = tensors.PooledWidths,
                NormedStates = tensors.NormedStates.ToFrozenDictionary(
                    layer => layer.Key, layer => bucket.AddressOf(layer.Value) + offset),
                Further = tensors.Further.ToFrozenDictionary(name => name, name => bucket.AddressOf(name) + offset),
                Space = Space,
                CopyToHost = () => CopyToHost(next, shape.Bytes, room),
            };
            return new(shape, outputs, owner);
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    private Block CopyToHost(nint source, long bytes, long room)
    {
        Block block = _hostBlocks.Rent(room);
        memory.Copy(block.Address, source, bytes);
        return block;
    }

    private sealed class BlockOwner : IDisposable
    {
        private readonly List<Block> _blocks = [];

        public Block Add(Block block)
        {
            _blocks.Add(block);
            return block;
        }

        public void Dispose() => _blocks.ForEach(block => block.Dispose());
    }
}
