using System.IO.Compression;
using VitGrid.Indexing.Archives;

namespace VitGrid.Indexing.Submission;

/// <summary>
/// Lists the images of a tar archive as items, with what stands beside them. A sample is what has one name up to the first dot of its last
/// part, as webdataset has it: <c>0001.jpg</c>, <c>0001.json</c>. Nothing is silent: what belongs to no image is told.
/// </summary>
internal static class ArchiveWalk
{
    /// <summary>Most images of one sample that wait for what stands beside them.</summary>
    private const int MaxImages = 64;

    private static readonly string[] Endings = [".tar", ".tar.gz", ".tgz"];

    /// <summary>Tells whether a name ends as those of archives do.</summary>
    public static bool IsName(string path) => Endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>Gives the items of a file, in its order.</summary>
    /// <param name="source">The archive's path, as ids name it.</param>
    /// <param name="path">The same from the root.</param>
    public static IEnumerable<SourceLine> Read(string source, string path) => ArchiveSource.Open(path, out string version) is { } refusal
        ? [new("", "", $"{source}: {refusal}")]
        : Read(source, SourceLine.FileUri(path), version, () => ArchiveSource.Open(path));

    /// <summary>Gives the items of an archive, in its order.</summary>
    /// <param name="source">The archive, as ids name it.</param>
    /// <param name="uri">Its URI.</param>
    /// <param name="version">Its version.</param>
    /// <param name="open">Opens it.</param>
    public static IEnumerable<SourceLine> Read(string source, string uri, string version, Func<Stream> open)
    {
        bool isPacked = !source.EndsWith(Endings[0], StringComparison.OrdinalIgnoreCase);
        ArchivePlace archive = new(isPacked ? ArchiveKind.GzipTar : ArchiveKind.Tar, uri, version, default, [], "");
        using Stream opened = open();
        using Stream bytes = isPacked ? new GZipStream(opened, CompressionMode.Decompress, leaveOpen: true) : opened;
        long images = 0, faults = 0;
        foreach (SourceLine line in Lines(source, archive, TarMembers.Read(bytes)))
        {
            _ = line.Fault is null ? images++ : faults++;
            yield return line;
        }
        if (images + faults == 0)
            yield return new("", "", $"{source}: it holds no image; name archives of images, such as 0001.jpg");
    }

    /// <summary>Gives the items of an archive's members.</summary>
    internal static IEnumerable<SourceLine> Lines(string source, ArchivePlace archive, IEnumerable<TarMember> members)
    {
        Sample sample = new("");
        foreach (TarMember member in members)
        {
            if (member.Fault is { } fault)
            {
                if (member.Name.Length == 0 || ImageWalk.IsImageName(member.Name))
                    yield return new("", "", member.Name.Length == 0 ? $"{source}: {fault}" : $"{source}#{member.Name}: {fault}");
                continue;
            }
            (string key, string field) = Split(member.Name);
            if (key != sample.Key || sample.Images.Count >= MaxImages)
            {
                foreach (SourceLine line in sample.Lines(source, archive))
                    yield return line;
                sample = new(key);
            }
            sample.Add(member, field);
        }
        foreach (SourceLine line in sample.Lines(source, archive))
            yield return line;
    }

    /// <summary>A name up to the first dot of its last part, and what is behind the dot; hidden files are of no sample.</summary>
    private static (string Key, string Field) Split(string name)
    {
        int dot = name.IndexOf('.', name.LastIndexOf('/') + 1);
        return dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..]);
    }

    /// <summary>What has one key.</summary>
    private sealed class Sample(string key)
    {
        private static readonly string[] Kept = ["json", "txt"];

        private readonly List<(string Name, ArchiveField Field)> _fields = [];

        public string Key => key;

        public List<TarMember> Images { get; } = [];

        public void Add(TarMember member, string field)
        {
            if (key.EndsWith('/') || key.Length == 0)
                return;
            if (ImageWalk.IsImageName(member.Name))
                Images.Add(member);
            else if (Kept.Any(ending => field.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
                _fields.Add((member.Name, new(field, member.Range)));
        }

        public IEnumerable<SourceLine> Lines(string source, ArchivePlace archive)
        {
            ImmutableArray<ArchiveField> kept = Keep();
            foreach (TarMember image in Images)
            {
                ArchivePlace place = archive with { Image = image.Range, Name = image.Name, Fields = kept };
                yield return SourceLine.Read($"{source}#{image.Name}", place.ToString(), "/", $"{source}#{image.Name}");
            }
            foreach ((string name, ArchiveField field) in _fields)
            {
                if (Images.Count == 0)
                    yield return new("", "", $"{source}#{name}: no image stands beside it; sort the archive by name (tar --sort=name), so "
                        + "that what belongs together stands together");
                else if (!kept.Contains(field))
                    yield return new("", "", $"{source}#{name}: it has {field.Range.Length} bytes; at most "
                        + $"{ArchivePlace.MaxFieldBytes} bytes in {ArchivePlace.MaxFields} files are kept beside an image. The "
                        + "image is submitted without it");
            }
        }

        private ImmutableArray<ArchiveField> Keep()
        {
            List<ArchiveField> kept = [];
            long bytes = 0;
            foreach ((_, ArchiveField field) in _fields)
            {
                if (kept.Count == ArchivePlace.MaxFields || bytes + field.Range.Length > ArchivePlace.MaxFieldBytes
                    || kept.Any(other => other.Field == field.Field))
                    continue;
                kept.Add(field);
                bytes += field.Range.Length;
            }
            return [.. kept];
        }
    }
}
