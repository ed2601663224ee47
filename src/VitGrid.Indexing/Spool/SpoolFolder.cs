using System.Text.Json;
using System.Text.RegularExpressions;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Files;

namespace VitGrid.Indexing.Spool;

/// <summary>
/// The folder of uploaded files and of batches, shared by front ends and workers. A file is <c>ID.jsonl</c> and <c>ID.json</c>, what is
/// known of it; it is there when the latter is, which is written last and deleted first.
/// </summary>
public sealed partial class SpoolFolder(IndexingOptions options)
{
    private const string Known = ".json";
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(6);

    private readonly string _files = Path.Combine(RootOf(options), "files");

    /// <summary>The folder in which each batch has one for what its workers write.</summary>
    internal string Work { get; } = Path.Combine(RootOf(options), "batches");

    /// <summary>A new id.</summary>
    public static string NewId() => $"file-{Guid.NewGuid():N}";

    /// <summary>Whether <paramref name="id"/> can name a file.</summary>
    internal static bool IsId(string id) => Id().IsMatch(id);

    /// <summary>Where a file's content lies.</summary>
    public string ContentOf(string id) => Path.Combine(_files, $"{id}.jsonl");

    /// <summary>The folder of a batch, made where it is missing.</summary>
    public string WorkOf(string batch)
    {
        PrivateFiles.CreateFolder(Work);
        return PrivateFiles.CreateFolder(Path.Combine(Work, batch));
    }

    /// <summary>Removes the folder of a batch.</summary>
    public void RemoveWork(string batch)
    {
        string folder = Path.Combine(Work, batch);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Begins a file that nobody sees until it is published.</summary>
    public FileStream Begin(string id)
    {
        PrivateFiles.CreateFolder(_files);
        return PrivateFiles.Create(Path.Combine(_files, $".{id}-{Guid.NewGuid():N}.tmp"), FileAccess.Write);
    }

    /// <summary>Makes a written file durable and visible.</summary>
    public async Task<SpoolFile> PublishAsync(FileStream written, SpoolFile file)
    {
        file = file with { Bytes = written.Length };
        written.Flush(flushToDisk: true);
        await written.DisposeAsync();
        File.Move(written.Name, ContentOf(file.Id), overwrite: true);
        string known = Path.Combine(_files, $".{file.Id}-{Guid.NewGuid():N}.tmp");
        await using (FileStream stream = PrivateFiles.Create(known, FileAccess.Write))
        {
            await JsonSerializer.SerializeAsync(stream, file, SinkJson.OneLine);
            stream.Flush(flushToDisk: true);
        }
        File.Move(known, Path.Combine(_files, file.Id + Known), overwrite: true);
        DurableFile.FlushNames(_files);
        return file;
    }

    /// <summary>A file; null when there is none of that id that <paramref name="viewer"/> may see.</summary>
    public SpoolFile? Find(string id, Viewer viewer) => Read(id) is { } file && viewer.Sees(file.Owner) ? file : null;

    private SpoolFile? Read(string id)
    {
        try
        {
            return IsId(id) ? JsonSerializer.Deserialize<SpoolFile>(
                File.ReadAllBytes(Path.Combine(_files, id + Known)), SinkJson.OneLine) : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            // What is known of it is no longer there, or no longer what was written: the other files are.
            return null;
        }
    }

    /// <summary>Every file that <paramref name="viewer"/> may see, newest first.</summary>
    public IReadOnlyList<SpoolFile> List(Viewer viewer) => !Directory.Exists(_files) ? [] :
    [
        .. Directory.EnumerateFiles(_files, $"file-*{Known}").Select(
            path => Find(Path.GetFileNameWithoutExtension(path), viewer)).OfType<SpoolFile>()
            .OrderByDescending(file => file.Created).ThenBy(file => file.Id, StringComparer.Ordinal),
    ];

    /// <summary>Removes a file.</summary>
    public void Delete(string id)
    {
        File.Delete(Path.Combine(_files, id + Known));
        File.Delete(ContentOf(id));
        DurableFile.FlushNames(_files);
    }

    /// <summary>Bytes of all files, those included that are being uploaded now.</summary>
    public long Used() => !Directory.Exists(_files) ? 0 : new DirectoryInfo(_files).EnumerateFiles().Sum(Length);

    /// <summary>
    /// Removes what uploads that were cut off by a crash have left, and files that have expired, but those in <paramref name="read"/>.
    /// </summary>
    public void Sweep(DateTimeOffset now, IReadOnlySet<string> read)
    {
        if (!Directory.Exists(_files))
            return;
        foreach (FileInfo leftover in new DirectoryInfo(_files).EnumerateFiles(".*.tmp").Where(
            file => now - file.LastWriteTimeUtc > Abandoned))
            leftover.Delete();
        foreach (SpoolFile expired in List(Viewer.System).Where(
            file => file.Expires <= now.ToUnixTimeMilliseconds() && !read.Contains(file.Id)))
            Delete(expired.Id);
    }

    private static string RootOf(IndexingOptions options) => options.Spool
        ?? Path.Combine(Path.GetFullPath(
            Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } data
                    ? data : "."), "vitgrid", "spool");

    private static long Length(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }

    [GeneratedRegex(@"^file-[0-9a-f]{32}\z")]
    private static partial Regex Id();
}
