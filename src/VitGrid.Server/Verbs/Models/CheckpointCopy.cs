namespace VitGrid.Server.Verbs.Models;

/// <summary>Copies a checkpoint's files so that the target folder is there whole or not at all.</summary>
internal static class CheckpointCopy
{
    private static readonly string[] Copied = [".safetensors", ".json", ".md", ".txt", ""];

    /// <summary>Copies the weights, configs and texts of <paramref name="source"/>; links (as in a hub cache) are followed.</summary>
    /// <exception cref="IOException">The target exists, or reading or writing fails; nothing is left behind.</exception>
    public static async Task RunAsync(string source, string target, Action<double> report, CancellationToken cancellation)
    {
        string partial = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.partial");
        Directory.CreateDirectory(partial);
        try
        {
            string[] files = [.. Directory.EnumerateFiles(source).Where(IsPartOfCheckpoint)];
            // Opening follows links; FileInfo would give the length of the link.
            long total = files.Sum(Length), done = 0;
            foreach (string file in files)
            {
                done += await CopyAsync(file, Path.Combine(partial, Path.GetFileName(file)), cancellation);
                report(total == 0 ? 1 : (double)done / total);
            }
            Directory.Move(partial, target);
        }
        finally
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, recursive: true);
        }
    }

    private static bool IsPartOfCheckpoint(string file) =>
        Path.GetFileName(file)[0] != '.' && Copied.Contains(Path.GetExtension(file).ToLowerInvariant());

    private static long Length(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return stream.Length;
    }

    private static async Task<long> CopyAsync(string source, string target, CancellationToken cancellation)
    {
        await using FileStream from = new(source, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using FileStream to = new(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20, FileOptions.Asynchronous);
        await from.CopyToAsync(to, cancellation);
        return to.Length;
    }
}
