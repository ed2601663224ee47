using VitGrid.Indexing.Sinks.Files;

namespace VitGrid.Indexing.Reading;

/// <summary>Files of vectors, told apart by how their names end.</summary>
internal static class VectorFiles
{
    /// <summary>Whether the name is one of a file of vectors.</summary>
    public static bool Knows(string path) => Path.GetExtension(path).ToLowerInvariant() is ".jsonl" or ".npy" or ".parquet";

    /// <summary>Reads what a file by itself says of its vectors.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static async Task<IndexFacts> DescribeAsync(string path, CancellationToken cancellationToken)
    {
        // A part in a sink's folder: its manifest says more than the file.
        FileTarget folder = FileTarget.Folder("", Path.GetDirectoryName(path)!);
        if (await ManifestStore.From(folder).ReadAsync(cancellationToken) is { } manifest)
            return IndexFacts.From(manifest.Schema);
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".npy" => NpyVectors.Describe(path),
            ".parquet" => await ParquetVectorFile.DescribeAsync(path, cancellationToken),
            _ => await JsonLineVectors.DescribeAsync(path, cancellationToken),
        };
    }

    /// <summary>Reads a file's rows.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or another kind of file.</exception>
    public static IAsyncEnumerable<VectorBlock> ReadAsync(string path, CancellationToken cancellationToken) =>
        Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".npy" => NpyVectors.ReadAsync(path, cancellationToken),
            ".parquet" => ParquetVectorFile.ReadAsync(path, cancellationToken),
            _ => JsonLineVectors.ReadAsync(path, cancellationToken),
        };

    /// <summary>Opens a file to be read from beginning to end.</summary>
    public static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
}
