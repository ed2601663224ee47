using VitGrid.Engine.Options;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Submission;
using VitGrid.Indexing.Targets;

namespace VitGrid.Indexing.Administration;

/// <summary>
/// What a job may name that is made over HTTP: a source below <c>Indexing:Roots</c>, and files below <c>Indexing:SinkRoots</c> or
/// objects in <c>Indexing:S3:SinkBuckets</c> to write.
/// What the lines of a list name, the workers judge, as they do everything else. Any thread may call.
/// </summary>
public sealed class SubmissionRules
{
    private const string SourceForms = "name a folder, an image, an archive, or a list (.txt, .jsonl) by its full path";

    private readonly string[] _roots, _sinkRoots;
    private readonly S3Options _objects;

    /// <summary>Reads the folders; none named as roots allows no source at all.</summary>
    public SubmissionRules(IndexingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _roots = options.Roots.Count == 0 ? [] : [.. AllowedFolders.Resolve(options.Roots)];
        _sinkRoots = [.. AllowedFolders.Resolve(options.SinkRoots)];
        _objects = options.S3;
    }

    /// <summary>Folders below which sources may lie.</summary>
    public IReadOnlyList<string> Roots => _roots;

    /// <summary>Folders below which sinks may write.</summary>
    public IReadOnlyList<string> SinkRoots => _sinkRoots;

    /// <summary>
    /// Why a source is not taken; null: it is. Of what lies outside the folders nothing is told, not even whether it is there.
    /// </summary>
    public string? ObjectionToSource(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!Path.IsPathFullyQualified(path) || path.Contains('\0', StringComparison.Ordinal))
            return $"source '{path}' is no full path; {SourceForms}";
        if (!MayOpen(path))
            return $"source '{path}' lies outside the folders that may be read ({string.Join(", ", _roots)}); choose one below them, or "
                + "add its folder to Indexing:Roots";
        return Path.Exists(path) ? null : $"source '{path}' is not there, as this process sees it; {SourceForms}";
    }

    /// <summary>Why a sink is not taken; null: it is.</summary>
    public string? ObjectionToSink(string text)
    {
        try
        {
            SinkSpec sink = SinkSpec.Parse(text);
            if (sink.Objects is not null)
                return SinkFactory.ObjectionTo(sink, _objects);
            if (sink.Folder is not { } path)
                return $"sink {sink} is a database, whose password does not belong into a browser; submit with vitgrid index submit";
            return AllowedFolders.Contains(_sinkRoots, AllowedFolders.RealPath(path)) ? null
                : $"sink {sink} lies outside the folders that may be written ({string.Join(", ", _sinkRoots)}); choose one below them, or "
                    + "add its folder to Indexing:SinkRoots";
        }
        catch (Exception exception) when (exception is SinkException or IOException)
        {
            return exception.Message;
        }
    }

    /// <summary>The items of a source to which nothing was objected; archives outside the folders are told, and not opened.</summary>
    public IEnumerable<SourceLine> Read(string source) => SourceReader.Read([source], mayOpen: MayOpen);

    /// <summary>A source as <c>index submit</c> takes it: a list of paths has its mark.</summary>
    public static string Named(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase) && !Directory.Exists(path) ? $"@{path}" : path;
    }

    private bool MayOpen(string path)
    {
        try
        {
            return AllowedFolders.Contains(_roots, AllowedFolders.RealPath(path));
        }
        catch (IOException)
        {
            // Its links lead in a circle.
            return false;
        }
    }
}
