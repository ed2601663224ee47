using VitGrid.Engine.Options;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Spool;

namespace VitGrid.Indexing.Targets;

/// <summary>
/// Makes the sinks that jobs name, and keeps those that write files within the allowed folders: whoever reaches the queue may name any.
/// </summary>
internal sealed class SinkFactory(IndexingOptions options)
{
    private readonly string[] _roots = [
        .. AllowedFolders.Resolve(options.SinkRoots), .. AllowedFolders.Resolve([new SpoolFolder(options).Work])];

    /// <exception cref="SinkException">The specification is wrong, or its folder not allowed.</exception>
    public IVectorSink Create(string job, string specification)
    {
        SinkSpec sink = SinkSpec.Parse(specification);
        if (PathOf(sink.Text) is { } path && !AllowedFolders.Contains(_roots, AllowedFolders.RealPath(path)))
        {
            throw new SinkException(
                SinkFault.Refused,
                $"sink {sink} lies outside the folders this worker may write ({string.Join(", ", _roots)}); add its folder with "
                    + $"--VitGrid:Indexing:SinkRoots");
        }
        return sink.Create(job);
    }

    /// <summary>The file or folder of a sink that has one.</summary>
    private static string? PathOf(string specification) =>
        specification.Split(':', 2) is [not "pgvector", { } rest] ? rest.Split(';')[0] : null;
}
