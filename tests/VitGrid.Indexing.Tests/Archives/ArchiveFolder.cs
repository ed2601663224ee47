using System.Formats.Tar;
using System.IO.Compression;

namespace VitGrid.Indexing.Tests.Archives;

/// <summary>A folder with archives that a test writes.</summary>
internal sealed class ArchiveFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("vitgrid-archives-").FullName;

    public string At(string name) => Path.Combine(Root, name);

    /// <summary>Writes a tar, in gzip where its name says so; gives its path.</summary>
    public string Write(string name, params (string Name, byte[] Bytes)[] files) => Write(name, TarEntryFormat.Pax, files);

    public string Write(string name, TarEntryFormat format, params (string Name, byte[] Bytes)[] files)
    {
        using FileStream file = File.Create(At(name));
        using Stream packed = name.EndsWith("gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : file;
        using TarWriter tar = new(packed, format);
        foreach ((string entry, byte[] bytes) in files)
            tar.WriteEntry(EntryOf(format, entry, bytes));
        return At(name);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static TarEntry EntryOf(TarEntryFormat format, string name, byte[] bytes)
    {
        TarEntry entry = format switch
        {
            TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, name),
            TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
            TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
            _ => new PaxTarEntry(TarEntryType.RegularFile, name),
        };
        entry.DataStream = new MemoryStream(bytes);
        return entry;
    }
}
