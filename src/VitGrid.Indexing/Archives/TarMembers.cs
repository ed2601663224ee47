using System.Formats.Tar;
using VitGrid.S3;

namespace VitGrid.Indexing.Archives;

/// <summary>A file in an archive, or a fault of the archive.</summary>
/// <param name="Name">Its path there, without <c>./</c>; of a fault what it is about, may be empty.</param>
/// <param name="Range">Where its bytes stand.</param>
/// <param name="Fault">What is wrong and the remedy; null for a file.</param>
internal readonly record struct TarMember(string Name, ArchiveRange Range, string? Fault = null);

/// <summary>
/// Lists the files of a tar archive, header by header; of a file that can be positioned only the headers are read. Whatever is wrong is
/// given as a fault in its place, and ends the list where nothing behind it can be found.
/// </summary>
internal static class TarMembers
{
    private const int Block = 512;

    private const string NoEnd =
        "the archive has no end marker: it was cut between two files, and what followed is missing; make or copy it again";

    /// <summary>So much behind the end is looked at; tools fill up archives with less.</summary>
    private const int Behind = 1 << 16;

    /// <summary>Gives the files in their order.</summary>
    /// <param name="archive">The archive, at its beginning. Where it can be positioned, it must be a file of known length.</param>
    public static IEnumerable<TarMember> Read(Stream archive)
    {
        using TarHeaderGuard stream = new(archive.CanSeek ? archive : new PositionStream(archive));
        using TarReader reader = new(stream, leaveOpen: true);
        TarMember? last = null;
        long end = 0;
        while (true)
        {
            (TarEntry? entry, string? fault) = Next(reader);
            bool isBetween = fault is not null && end > 0 && (stream.CanSeek ? stream.Length : stream.Position) == end;
            string? told = fault is null ? null : end == 0 ? $"it is no tar archive, or a damaged one ({fault})" : isBetween
                ? NoEnd : Broken(fault);
            // Only now it is known that a file that is unpacked on the way is there to its end.
            if (last is { } member)
                yield return told is null || isBetween || archive.CanSeek ? member : member with { Fault = told };
            if (told is not null && (last is null || isBetween || (archive.CanSeek && last.Value.Fault is null)))
                yield return new("", default, told);
            if (entry is null)
            {
                if (fault is null && FaultAtEnd(stream, end) is { } atEnd)
                    yield return new("", default, atEnd);
                yield break;
            }
            (last, long next) = Take(entry, stream);
            end = Math.Max(end, next);
        }
    }

    private static (TarEntry? Entry, string? Fault) Next(TarReader reader)
    {
        try
        {
            return (reader.GetNextEntry(), null);
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or UnauthorizedAccessException or S3Exception))
        {
            // The library throws many kinds for an archive that is none.
            return (null, exception.Message);
        }
    }

    /// <summary>A file, or a link, which is a fault; and where the next header begins.</summary>
    private static (TarMember? Member, long End) Take(TarEntry entry, Stream stream)
    {
        // The library gives no offset for what has no bytes.
        long offset = stream.CanSeek ? Math.Max(0, entry.DataOffset) : stream.Position;
        bool isFile = entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile;
        ArchiveRange range = new(offset, isFile ? entry.Length : 0);
        long end = offset + ((range.Length + Block - 1) / Block * Block);
        string name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
        if (entry.EntryType is TarEntryType.HardLink or TarEntryType.SymbolicLink or TarEntryType.SparseFile)
        {
            const string Refusal = "it is a link or a sparse file, which is not read in place; store the file itself (tar --dereference)";
            return (new(name, range, Refusal), end);
        }
        if (!isFile)
            return (null, end);
        bool isWhole = !stream.CanSeek || range.Offset + range.Length <= stream.Length;
        return (new(name, range, isWhole ? null : Broken($"the archive has {stream.Length} bytes, and the file ends at byte "
            + $"{range.Offset + range.Length}")), end);
    }

    private static string Broken(string why) =>
        $"the archive breaks off or is damaged here ({why}); what stood behind is not read: make or copy the archive again";

    /// <summary>What is wrong behind the last file: an archive that was cut between two files looks whole but for its end marker.</summary>
    private static string? FaultAtEnd(Stream stream, long end)
    {
        bool isMarked = stream.CanSeek ? stream.Length >= end + Block : stream.Position >= end + Block;
        if (!isMarked)
        {
            return end == 0 ? "it is empty, and no tar archive" : NoEnd;
        }
        try
        {
            byte[] behind = new byte[Behind];
            int read = stream.ReadAtLeast(behind, behind.Length, throwOnEndOfStream: false);
            return behind.AsSpan(0, read).ContainsAnyExcept((byte)0)
                ? "behind its end marker the archive goes on: several were joined, and only the first is read; submit them one by one"
                : null;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            return Broken(exception.Message);
        }
    }
}
