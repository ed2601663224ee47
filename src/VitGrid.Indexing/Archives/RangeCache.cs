namespace VitGrid.Indexing.Archives;

/// <summary>
/// Reads an object in ranges of one size, each asked for once by all who need it and one ahead of whoever reads on, and keeps those that
/// were used last within a bound in bytes. Any thread may call.
/// </summary>
internal sealed class RangeCache(long maxBytes)
{
    private const int RangeBytes = 1 << 20;

    /// <summary>With fewer, what is read ahead would push out what is being read.</summary>
    private const int MinRangesToReadAhead = 8;

    private readonly long _maxRanges = Math.Max(1, maxBytes / RangeBytes);
    private readonly Lock _gate = new();
    private readonly LinkedList<(string Archive, long Index, Task<byte[]> Bytes)> _recent = [];
    private readonly Dictionary<
        (string Archive, long Index), LinkedListNode<(string Archive, long Index, Task<byte[]> Bytes)>> _ranges = [];

    /// <summary>How many ranges were asked for, for tests.</summary>
    public int Asked { get; private set; }

    /// <summary>Reads bytes; fewer where the object ends before.</summary>
    /// <param name="archive">Name and version of the object.</param>
    /// <param name="range">Which bytes.</param>
    /// <param name="length">Bytes of the object.</param>
    /// <param name="read">Reads bytes of the object from an offset, so many.</param>
    /// <param name="cancellationToken">Gives up waiting; others may need what is being read.</param>
    public async Task<byte[]> ReadAsync(
        string archive, ArchiveRange range, long length, Func<long, int, Task<byte[]>> read, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[Math.Clamp(length - range.Offset, 0, range.Length)];
        int done = 0;
        while (done < bytes.Length)
        {
            (long index, int at) = ((range.Offset + done) / RangeBytes, (int)((range.Offset + done) % RangeBytes));
            byte[] chunk = await Find(archive, index, read, length).WaitAsync(cancellationToken);
            int count = Math.Min(chunk.Length - at, bytes.Length - done);
            if (count <= 0)
                return bytes[..done];
            chunk.AsSpan(at, count).CopyTo(bytes.AsSpan(done));
            done += count;
        }
        return bytes;
    }

    private Task<byte[]> Find(string archive, long index, Func<long, int, Task<byte[]>> read, long length)
    {
        lock (_gate)
        {
            Task<byte[]> found = Get(archive, index, read, length);
            // Whoever came from the range before this one will want the one behind it.
            bool isReadOn = index == 0 || _ranges.ContainsKey((archive, index - 1));
            if (isReadOn && (index + 1) * RangeBytes < length && _maxRanges >= MinRangesToReadAhead)
                _ = Get(archive, index + 1, read, length);
            return found;
        }
    }

    private Task<byte[]> Get(string archive, long index, Func<long, int, Task<byte[]>> read, long length)
    {
        if (_ranges.TryGetValue((archive, index), out LinkedListNode<(string Archive, long Index, Task<byte[]> Bytes)>? node))
        {
            _recent.Remove(node);
            if (!node.Value.Bytes.IsFaulted)
            {
                _recent.AddLast(node);
                return node.Value.Bytes;
            }
        }
        int bytes = (int)Math.Min(RangeBytes, length - (index * RangeBytes));
        Task<byte[]> asked = Task.Run(() => read(index * RangeBytes, bytes));
        Asked++;
        _ranges[(archive, index)] = _recent.AddLast((archive, index, asked));
        while (_recent.Count > _maxRanges)
        {
            _ranges.Remove((_recent.First!.Value.Archive, _recent.First.Value.Index));
            _recent.RemoveFirst();
        }
        return asked;
    }
}
