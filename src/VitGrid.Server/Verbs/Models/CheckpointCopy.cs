using VitGrid.Model.Checkpoints;

namespace VitGrid.Server.Verbs.Models;

/// <summary>
/// Copies what an encoder needs of a checkpoint, so that the target folder is there whole or not at all: the files with its weights, the
/// index, and the folder's configs and texts. A chat model's other shards stay behind. Links (as in a hub cache) are followed.
/// </summary>
internal sealed class CheckpointCopy
{
    private const int BufferBytes = 4 << 20;
    private static readonly string[] Texts = [".json", ".md", ".txt", ""];

    private readonly string _source;
    private readonly string[] _files;

    public CheckpointCopy(Checkpoint checkpoint)
    {
        _source = checkpoint.Directory;
        _files =
        [
            .. Directory.EnumerateFiles(_source).Where(IsText).Select(file => Path.GetFileName(file)!)
                .Union(checkpoint.WeightFiles, StringComparer.Ordinal),
        ];
        Bytes = _files.Sum(file => Length(Path.Combine(_source, file)));
    }

    /// <summary>Bytes that the copy takes.</summary>
    public long Bytes { get; }

    /// <exception cref="IOException">The target exists, or reading or writing fails; nothing is left behind.</exception>
    public async Task RunAsync(string target, Action<double> report, CancellationToken cancellationToken)
    {
        string partial = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.partial");
        Directory.CreateDirectory(partial);
        try
        {
            long done = 0;
            void Copied(int count) => report((double)(done += count) / Math.Max(1, Bytes));
            foreach (string file in _files)
            {
                string copy = Path.Combine(partial, file);
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                await CopyAsync(Path.Combine(_source, file), copy, Copied, cancellationToken);
            }
            Directory.Move(partial, target);
        }
        finally
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, recursive: true);
        }
    }

    /// <summary>A link whose target is gone, as a cleaned hub cache leaves them, is none.</summary>
    private static bool IsText(string file) =>
        Path.GetFileName(file)[0] != '.'
        && Texts.Contains(Path.GetExtension(file).ToLowerInvariant())
        && File.ResolveLinkTarget(file, returnFinalTarget: true) is not { Exists: false };

    /// <summary>Opening follows links; FileInfo would give the length of the link.</summary>
    private static long Length(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return stream.Length;
    }

    private static async Task CopyAsync(string source, string target, Action<int> copied, CancellationToken cancellationToken)
    {
        await using FileStream from = new(
            source, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using FileStream to = new(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
        byte[] buffer = new byte[BufferBytes];
        for (int count; (count = await from.ReadAsync(buffer, cancellationToken)) > 0; copied(count))
            await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
    }
}
