using VitGrid.Engine.Options;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Postgres;
using VitGrid.Indexing.Spool;

namespace VitGrid.Indexing.Targets;

/// <summary>
/// Makes the sinks that jobs name, and keeps those that write files within the allowed folders, databases to the allowed hosts: whoever
/// reaches the queue may name any.
/// </summary>
internal sealed class SinkFactory(IndexingOptions options)
{
    private readonly string[] _roots = [
        .. AllowedFolders.Resolve(options.SinkRoots), .. AllowedFolders.Resolve([new SpoolFolder(options).Work])];

    private readonly SinkHost[] _hosts = [.. options.SinkHosts.Select(host => SinkHost.Parse(host))];

    /// <exception cref="SinkException">The specification is wrong, or its folder or host not allowed.</exception>
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
        foreach (SinkHost host in sink.Hosts)
        {
            if (!_hosts.Any(allowed => allowed.Covers(host)))
            {
                throw new SinkException(
                    SinkFault.Refused,
                    $"sink {sink} names the database host '{host.Name}', to which this worker may not connect; if it is meant, add it to "
                        + $"Indexing:SinkHosts of every worker. Passwords are sent to hosts of that list only");
            }
        }
        return sink.Create(job, options.SinkTls);
    }

    /// <summary>The file or folder of a sink that has one.</summary>
    internal static string? PathOf(string specification) =>
        specification.Split(':', 2) is [not "pgvector", { } rest] ? rest.Split(';')[0] : null;
}
