using System.IO.Compression;

namespace VitGrid.Indexing.Archives;

/// <summary>
/// Reads places of gzip archives, each of which can be unpacked from its beginning only. One unpacks an archive at a time and keeps the
/// blocks that it passes, so that items which come nearly in order find theirs there; whoever asks for one that was passed long ago has
/// the archive unpacked again. The blocks in memory are bounded in bytes. Any thread may call.
/// </summary>
internal sealed class GzipBlocks(long maxBytes)
{
    private const int BlockBytes = 1 << 20;
    private const int MaxArchives = 8;

    private readonly Lock _gate = new();
    private readonly LinkedList<(string Archive, long Index, byte[] Bytes)> _recent = [];
    private readonly Dictionary<(string Archive, long Index), LinkedListNode<(string Archive, long Index, byte[] Bytes)>> _blocks = [];
    private readonly LinkedList<Unpacking> _archives = [];
    private long _held;

    /// <summary>How often an archive was begun, for tests.</summary>
    public int Begun { get; private set; }

    /// <summary>Reads unpacked bytes; fewer where the archive ends before.</summary>
    /// <param name="archive">Name and version of the archive.</param>
    /// <param name="open">Opens it; called when it has to be unpacked from its beginning.</param>
    /// <param name="range">Which bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">It is no gzip, or damaged.</exception>
    public async Task<byte[]> ReadAsync(string archive, Func<Stream> open, ArchiveRange range, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[range.Length];
        int read = 0;
        while (read < bytes.Length)
        {
            (long index, int at) = ((range.Offset + read) / BlockBytes, (int)((range.Offset + read) % BlockBytes));
            byte[] block = Find(archive, index) ?? await UnpackAsync(archive, open, index, cancellationToken);
            if (block.Length <= at)
                return bytes[..read];
            int count = Math.Min(block.Length - at, bytes.Length - read);
            block.AsSpan(at, count).CopyTo(bytes.AsSpan(read));
            read += count;
        }
        return bytes;
    }

    private async Task<byte[]> UnpackAsync(string archive, Func<Stream> open, long index, CancellationToken cancellationToken)
    {
        Unpacking unpacking = Enter(archive);
        await unpacking.Gate.WaitAsync(cancellationToken);
        try
        {
            if (Find(archive, index) is { } passed)
                return passed;
            if (unpacking.Stream is null || unpacking.Next > index)
                Begin(unpacking, open);
            byte[] block = [];
            while (unpacking.Next <= index)
            {
                cancellationToken.ThrowIfCancellationRequested();
                block = new byte[BlockBytes];
                int read = await unpacking.Stream!.ReadAtLeastAsync(block, BlockBytes, throwOnEndOfStream: false, cancellationToken);
                block = read == BlockBytes ? block : block[..read];
                Keep(archive, unpacking.Next++, block);
                if (block.Length == 0)
                    break;
            }
            return block;
        }
        catch
        {
            // What it has read is not known any more.
            unpacking.Close();
            throw;
        }
        finally
        {
            unpacking.Gate.Release();
        }
    }

    private void Begin(Unpacking unpacking, Func<Stream> open)
    {
        unpacking.Close();
        unpacking.Stream = new GZipStream(open(), CompressionMode.Decompress);
        lock (_gate)
            Begun++;
    }

    /// <summary>The archive's unpacking; the one that was used longest ago makes room.</summary>
    private Unpacking Enter(string archive)
    {
        lock (_gate)
        {
            Unpacking unpacking = _archives.FirstOrDefault(known => known.Archive == archive) ?? new(archive);
            _archives.Remove(unpacking);
            _archives.AddLast(unpacking);
            if (_archives.Count > MaxArchives && _archives.FirstOrDefault(idle => idle != unpacking && idle.Gate.Wait(0)) is { } oldest)
            {
                _archives.Remove(oldest);
                oldest.Close();
                oldest.Gate.Release();
            }
            return unpacking;
        }
    }

    private byte[]? Find(string archive, long index)
    {
        lock (_gate)
        {
            if (!_blocks.TryGetValue((archive, index), out LinkedListNode<(string Archive, long Index, byte[] Bytes)>? node))
                return null;
            _recent.Remove(node);
            _recent.AddLast(node);
            return node.Value.Bytes;
        }
    }

    private void Keep(string archive, long index, byte[] block)
    {
        lock (_gate)
        {
            if (_blocks.Remove((archive, index), out LinkedListNode<(string Archive, long Index, byte[] Bytes)>? old))
                Forget(old);
            _blocks[(archive, index)] = _recent.AddLast((archive, index, block));
            _held += block.Length;
            while (_held > maxBytes && _recent.Count > 1)
            {
                LinkedListNode<(string Archive, long Index, byte[] Bytes)> oldest = _recent.First!;
                _blocks.Remove((oldest.Value.Archive, oldest.Value.Index));
                Forget(oldest);
            }
        }
    }

    private void Forget(LinkedListNode<(string Archive, long Index, byte[] Bytes)> node)
    {
        _recent.Remove(node);
        _held -= node.Value.Bytes.Length;
    }

    /// <summary>An archive that is being unpacked by whoever has its gate.</summary>
    private sealed class Unpacking(string archive)
    {
        public string Archive { get; } = archive;

        public SemaphoreSlim Gate { get; } = new(1);

        public Stream? Stream { get; set; }

        /// <summary>The block that comes next.</summary>
        public long Next { get; set; }

        public void Close()
        {
            Stream?.Dispose();
            (Stream, Next) = (null, 0);
        }
    }
}
