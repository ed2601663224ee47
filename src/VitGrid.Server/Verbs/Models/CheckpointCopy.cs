namespace VitGrid.Server.Verbs.Models;

/// <summary>Copies a checkpoint's files so that the target folder is there whole or not at all.</summary>
internal static class CheckpointCopy
{
    private const int BufferBytes = 4 << 20;
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
            long total = Math.Max(1, files.Sum(Length)), done = 0;
            foreach (string file in files)
                await CopyAsync(file, Path.Combine(partial, Path.GetFileName(file)), count => report((double)(done += count) / total), cancellation);
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

    private static async Task CopyAsync(string source, string target, Action<int> copied, CancellationToken cancellation)
    {
        await using FileStream from = new(source, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using FileStream to = new(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
        byte[] buffer = new byte[BufferBytes];
        for (int count; (count = await from.ReadAsync(buffer, cancellation)) > 0; copied(count))
            await to.WriteAsync(buffer.AsMemory(0, count), cancellation);
    }
}
