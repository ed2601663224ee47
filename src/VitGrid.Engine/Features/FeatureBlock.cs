using System.Buffers;

namespace VitGrid.Engine.Features;

/// <summary>
/// Bytes of one image's features in pieces of at most <see cref="ChunkBytes"/>, so that they are made, sent, received and written piece by
/// piece without being copied into one. Little-endian. Owned by whoever holds it.
/// </summary>
public sealed class FeatureBlock : IDisposable
{
    /// <summary>Bytes of a piece: small answers on the same link wait for few of them.</summary>
    public const int ChunkBytes = 256 << 10;

    // Arrays of this size lie where the garbage collector seldom looks: so many are kept for the next block.
    private const int KeptChunks = 256;

    private static readonly ArrayPool<byte> Pool = ArrayPool<byte>.Create(ChunkBytes, KeptChunks);

    private IDisposable[] _owners;

    private FeatureBlock(ReadOnlyMemory<byte>[] chunks, IDisposable[] owners)
    {
        (Chunks, _owners) = (chunks, owners);
        foreach (ReadOnlyMemory<byte> chunk in chunks)
            Bytes += chunk.Length;
    }

    /// <summary>
    /// An answer that came when its caller had left is held by nobody; pieces that a link received lie outside the managed heap.
    /// </summary>
    ~FeatureBlock() => Free();

    /// <summary>The pieces in order; valid until this is disposed.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Chunks { get; }

    /// <summary>Bytes of all pieces.</summary>
    public long Bytes { get; }

    /// <summary>Takes over pieces as they came.</summary>
    public static FeatureBlock Adopt(IEnumerable<IMemoryOwner<byte>> received)
    {
        IMemoryOwner<byte>[] owners = [.. received];
        return new([.. owners.Select(owner => (ReadOnlyMemory<byte>)owner.Memory)], owners);
    }

    /// <summary>Writes bytes of it, piece by piece.</summary>
    /// <param name="body">Where they go.</param>
    /// <param name="offset">Bytes before the first of them.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="cancellationToken">Ends it between two pieces.</param>
    public async Task WriteAsync(Stream body, long offset, long bytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        foreach (ReadOnlyMemory<byte> chunk in Chunks)
        {
            if (offset >= chunk.Length)
            {
                offset -= chunk.Length;
                continue;
            }
            int part = (int)Math.Min(bytes, chunk.Length - offset);
            await body.WriteAsync(chunk.Slice((int)offset, part), cancellationToken);
            (offset, bytes) = (0, bytes - part);
            if (bytes == 0)
                return;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        foreach (IDisposable owner in Interlocked.Exchange(ref _owners, []))
            owner.Dispose();
    }

    /// <summary>Collects a block's bytes.</summary>
    internal sealed class Builder : IDisposable
    {
        private readonly List<PooledChunk> _full = [];
        private PooledChunk? _chunk;
        private int _used;

        /// <summary>Adds bytes behind those that are there.</summary>
        public void Write(ReadOnlySpan<byte> bytes)
        {
            while (bytes.Length > 0)
            {
                _chunk ??= new(Pool.Rent(ChunkBytes));
                int part = Math.Min(bytes.Length, ChunkBytes - _used);
                bytes[..part].CopyTo(_chunk.Bytes.AsSpan(_used));
                bytes = bytes[part..];
                _used += part;
                if (_used == ChunkBytes)
                    EndChunk();
            }
        }

        /// <summary>The block, which owns the bytes from then on.</summary>
        public FeatureBlock Finish()
        {
            if (_chunk is not null)
                EndChunk();
            FeatureBlock block = new([.. _full.Select(chunk => (ReadOnlyMemory<byte>)chunk.Bytes.AsMemory(0, chunk.Length))], [.. _full]);
            _full.Clear();
            return block;
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            _chunk?.Dispose();
            _full.ForEach(chunk => chunk.Dispose());
        }

        private void EndChunk()
        {
            _chunk!.Length = _used;
            _full.Add(_chunk);
            (_chunk, _used) = (null, 0);
        }
    }

    private sealed class PooledChunk(byte[] bytes) : IDisposable
    {
        public byte[] Bytes => bytes;

        public int Length { get; set; }

        public void Dispose() => Pool.Return(bytes);
    }
}

/// <summary>One image's features: its blocks, in the order of <see cref="FeatureOrder"/>. Owned by whoever holds it.</summary>
public sealed class FeatureSet(IReadOnlyList<FeatureBlock> blocks) : IDisposable
{
    /// <summary>The blocks.</summary>
    public IReadOnlyList<FeatureBlock> Blocks => blocks;

    /// <summary>Bytes of all of them.</summary>
    public long Bytes => blocks.Sum(block => block.Bytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FeatureBlock block in blocks)
            block.Dispose();
    }
}
