using System.Formats.Tar;
using VitGrid.Fuzz.Mutations;
using VitGrid.Indexing.Archives;
using VitGrid.Indexing.Submission;

namespace VitGrid.Fuzz.Targets;

/// <summary>Tar archives, as a file that can be positioned and as one that is unpacked, and the places that they become.</summary>
internal sealed class TarTarget : FuzzTarget
{
    private static readonly ArchivePlace Archive = new(ArchiveKind.Tar, "file:///a.tar", "1-1", default, [], "");

    public override string Name => "tar";

    public override long UsualBytes => 4 << 20;

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        Tar(TarEntryFormat.V7, "0.jpg", "0.json", "1.png"), Tar(TarEntryFormat.Ustar, "a/0.jpg", "a/0.txt", "b/22.05.png"),
        Tar(TarEntryFormat.Pax, $"{new string('p', 200)}/0.jpg", "0.json"),
        Tar(TarEntryFormat.Gnu, $"{new string('g', 200)}/0.jpg", "1.webp"),
    ];

    public override byte[] Mutate(Random random, byte[] seed) => TarMutation.Change(random, seed);

    public override Depth Read(byte[] input)
    {
        using MemoryStream file = new(input, writable: false);
        using Unpacked unpacked = new(input);
        Depth plain = List(file, input.Length), packed = List(unpacked, long.MaxValue);
        return plain == Depth.Beyond || packed == Depth.Beyond ? Depth.Beyond : Depth.Header;
    }

    private static Depth List(Stream archive, long length)
    {
        Depth depth = Depth.Header;
        foreach (SourceLine line in ArchiveWalk.Lines("a.tar", Archive, TarMembers.Read(archive)))
        {
            if (line.Fault is null || !line.Fault.Contains("no tar archive", StringComparison.Ordinal))
                depth = Depth.Beyond;
            if (line.Fault is null && (ArchivePlace.Parse(line.Uri) is not { } place || place.ToString() != line.Uri
                || place.Image.Offset < 0 || place.Image.Length < 0 || place.Image.Offset + place.Image.Length > length))
                throw new InvalidOperationException($"an item names no place of its archive: {line.Uri}");
        }
        return depth;
    }

    private static byte[] Tar(TarEntryFormat format, params string[] names)
    {
        using MemoryStream bytes = new();
        using (TarWriter tar = new(bytes, format, leaveOpen: true))
        {
            foreach (string name in names)
            {
                TarEntry entry = format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                    _ => new PaxTarEntry(TarEntryType.RegularFile, name),
                };
                // The time of an entry is that of its making: the same on every machine.
                entry.ModificationTime = DateTimeOffset.UnixEpoch;
                entry.DataStream = new MemoryStream(new byte[600]);
                tar.WriteEntry(entry);
            }
        }
        return bytes.ToArray();
    }

    /// <summary>Bytes that can only be read on.</summary>
    private sealed class Unpacked(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public override bool CanSeek => false;
    }
}
