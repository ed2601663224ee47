using System.Runtime.CompilerServices;
using VitGrid.Indexing.Sinks.Files;

namespace VitGrid.Indexing.Reading;

/// <summary>
/// Vectors that <c>vitgrid index</c> or <c>vitgrid embed --out</c> has written: a folder of <c>npy:</c> or <c>parquet:</c>, the file of
/// <c>jsonl:</c> or its parts, or one <c>.npy</c>, <c>.parquet</c> or <c>.jsonl</c> file. Reads one block at a time; immutable.
/// </summary>
public sealed class VectorIndex
{
    private readonly IReadOnlyList<string> _files;

    private VectorIndex(string path, IndexFacts facts, IReadOnlyList<string> files) => (Path, Facts, _files) = (path, facts, files);

    /// <summary>The folder or file as it was named.</summary>
    public string Path { get; }

    /// <summary>What it says of its vectors.</summary>
    public IndexFacts Facts { get; }

    /// <summary>Finds the index at <paramref name="path"/>; null: nothing is there, or something else.</summary>
    /// <exception cref="InvalidDataException">It is one and is damaged.</exception>
    /// <exception cref="Sinks.SinkException">Its manifest cannot be read.</exception>
    public static async Task<VectorIndex?> FindAsync(string path, CancellationToken cancellationToken)
    {
        string full = System.IO.Path.GetFullPath(path);
        return await FindPartsAsync(path, TargetsOf(full), cancellationToken)
            ?? (File.Exists(full) && VectorFiles.Knows(full)
                ? new(path, await VectorFiles.DescribeAsync(full, cancellationToken), [full]) : null);
    }

    /// <summary>Reads all rows, file by file.</summary>
    /// <exception cref="InvalidDataException">A file is none that VitGrid writes, or is damaged; the message names it.</exception>
    public async IAsyncEnumerable<VectorBlock> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string file in _files)
        {
            await foreach (VectorBlock block in VectorFiles.ReadAsync(file, cancellationToken))
                yield return block;
        }
    }

    /// <summary>Where a manifest would lie: of a folder in it, of a folder of parts as well, of a file beside it.</summary>
    private static IEnumerable<FileTarget> TargetsOf(string full)
    {
        const string parts = ".parts";
        string trimmed = System.IO.Path.TrimEndingDirectorySeparator(full);
        yield return FileTarget.Folder("", trimmed);
        yield return FileTarget.File("", trimmed.EndsWith(parts, StringComparison.Ordinal) ? trimmed[..^parts.Length] : trimmed);
    }

    private static async Task<VectorIndex?> FindPartsAsync(
        string path, IEnumerable<FileTarget> targets, CancellationToken cancellationToken)
    {
        foreach (FileTarget target in targets)
        {
            if (await ManifestStore.From(target).ReadAsync(cancellationToken) is not { } manifest)
                continue;
            if (manifest.Schema.Features is not null)
                throw new InvalidDataException($"{path} holds features, which are not compared; name an index of vectors");
            IndexFacts facts = IndexFacts.From(manifest.Schema) with { IsWhole = manifest.Result is not null };
            return new(path, facts, await FilesAsync(path, target, manifest, cancellationToken));
        }
        return null;
    }

    private static async Task<IReadOnlyList<string>> FilesAsync(
        string path, FileTarget target, SinkManifest manifest, CancellationToken cancellationToken)
    {
        PartFormat format = manifest.Sink switch
        {
            "jsonl" => PartFormats.JsonLines,
            "npy" => PartFormats.Npy(manifest.Numbers),
            "parquet" => PartFormats.Parquet(manifest.Numbers),
            string other => throw new InvalidDataException($"{path} is a sink '{other}', which this version does not read"),
        };
        ImmutableArray<ManifestPart> parts = await new PartFolder(target, format).ListAsync(cancellationToken);
        // The joined file is of the last time when the job was finished; the parts are of now.
        FileInfo? joined = target.Joined is { } file ? new(file) : null;
        return joined is { Exists: true } && manifest.Result?.IsJoined(parts, joined.Length) == true
            ? [joined.FullName]
            : [.. parts.Select(part => System.IO.Path.Combine(target.Parts, part.Files[^1].Name))];
    }
}
