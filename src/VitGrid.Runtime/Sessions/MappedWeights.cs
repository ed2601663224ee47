using System.Collections.Immutable;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;
using VitGrid.Model.Tensors;

namespace VitGrid.Runtime.Sessions;

/// <summary>
/// The weights that sessions read where their files are mapped, with a checksum of each page as it was when they were loaded. What lies in
/// the system's cache of a file is what its maps show: so pages are read through the file, and this process's memory does not grow by them.
/// Thread-safe.
/// </summary>
public sealed class MappedWeights
{
    /// <summary>Bytes of a page; a checksum covers a tensor's part of one.</summary>
    public const int PageBytes = 4_096;

    private const int ReadBytes = 64 * PageBytes;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, SafeFileHandle> _files;
    private readonly ImmutableArray<WeightSlice> _slices;
    private readonly uint[][] _sums;
    private readonly byte[] _read = new byte[ReadBytes];
    private readonly HashSet<(int Slice, int Page)> _changed = [];
    private (int Slice, int Page) _next;

    /// <summary>Reads the weights once and notes their checksums.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal MappedWeights(IEnumerable<WeightSlice> slices)
    {
        _slices = [.. slices];
        _files = _slices.Select(slice => slice.Tensor.File).Distinct().ToDictionary(
            file => file, file => File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        _sums = [.. _slices.Select(slice => new uint[PageOf(slice, slice.Length - 1) + 1])];
        for (int slice = 0; slice < _slices.Length; slice++)
            Walk(slice, 0, long.MaxValue, (page, sum) => _sums[slice][page] = sum);
    }

    /// <summary>Bytes of all of them.</summary>
    public long Bytes => _slices.Sum(slice => slice.Length);

    /// <summary>Reads on from where the last call ended, over and over, and compares.</summary>
    /// <param name="bytes">How much at the least; the last page is read whole.</param>
    /// <returns>The first page that is not as it was; null: all that was read is.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public WeightChange? Step(long bytes)
    {
        lock (_gate)
        {
            WeightChange? first = null;
            long left = Math.Min(bytes, Bytes);
            while (left > 0)
            {
                int slice = _next.Slice;
                (int pages, long read) = Walk(slice, _next.Page, left, (page, sum) => first ??= Compare(slice, page, sum));
                left -= read;
                int page = _next.Page + pages;
                _next = page < _sums[slice].Length ? (slice, page) : ((slice + 1) % _slices.Length, 0);
            }
            return first;
        }
    }

    /// <summary>Reads the pages again that were found changed.</summary>
    /// <returns>One that still is not as it was; null: there is none.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public WeightChange? FindChange()
    {
        lock (_gate)
        {
            WeightChange? first = null;
            foreach ((int slice, int page) in _changed.ToArray())
                Walk(slice, page, 1, (at, sum) => first ??= Compare(slice, at, sum));
            return first;
        }
    }

    private WeightChange? Compare(int slice, int page, uint sum)
    {
        if (_sums[slice][page] == sum)
        {
            _changed.Remove((slice, page));
            return null;
        }
        _changed.Add((slice, page));
        TensorEntry tensor = _slices[slice].Tensor;
        return new(tensor.Name, tensor.File, (_slices[slice].Offset / PageBytes) + page);
    }

    /// <summary>
    /// Checksums of a tensor's pages from <paramref name="page"/> on, until <paramref name="bytes"/> were read or it ends.
    /// </summary>
    /// <returns>Pages and bytes read.</returns>
    private (int Pages, long Bytes) Walk(int slice, int page, long bytes, Action<int, uint> found)
    {
        WeightSlice weight = _slices[slice];
        int pages = 0;
        long read = 0;
        while (read < bytes && page + pages < _sums[slice].Length)
        {
            long from = StartOf(weight, page + pages);
            // Whole pages, but for the first and the last of a tensor.
            long end = Math.Min(weight.Offset + weight.Length, ((from / PageBytes) * PageBytes) + ReadBytes);
            Span<byte> part = _read.AsSpan(0, (int)(end - from));
            Fill(_files[weight.Tensor.File], from, part);
            while (!part.IsEmpty && read < bytes)
            {
                int length = (int)Math.Min(part.Length, PageBytes - (from % PageBytes));
                found(page + pages, (uint)XxHash3.HashToUInt64(part[..length]));
                part = part[length..];
                (pages, read, from) = (pages + 1, read + length, from + length);
            }
        }
        return (pages, read);
    }

    /// <summary>Number of a tensor's byte's page among the tensor's own.</summary>
    private static int PageOf(WeightSlice weight, long at) =>
        checked((int)(((weight.Offset + at) / PageBytes) - (weight.Offset / PageBytes)));

    private static long StartOf(WeightSlice weight, int page) =>
        page == 0 ? weight.Offset : ((weight.Offset / PageBytes) + page) * PageBytes;

    private static void Fill(SafeFileHandle file, long from, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            int read = RandomAccess.Read(file, target, from);
            if (read == 0)
                throw new EndOfStreamException($"a file of weights ends at byte {from}: it was shortened while it is in use");
            from += read;
            target = target[read..];
        }
    }
}

/// <summary>A page of weights is not as it was when they were loaded.</summary>
/// <param name="Tensor">The tensor's name in its file.</param>
/// <param name="File">The file.</param>
/// <param name="Page">Number of the page in the file, of <see cref="MappedWeights.PageBytes"/> bytes each.</param>
public sealed record WeightChange(string Tensor, string File, long Page)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"tensor '{Tensor}' is not what was loaded: page {Page} of {File} has changed in memory; check whether the file was written to, "
            + "and this machine's memory, then restart";
}

/// <summary>Weights are to be loaded again that have changed since they were loaded first.</summary>
public sealed class WeightsChangedException(WeightChange change) : Exception(change.ToString());
