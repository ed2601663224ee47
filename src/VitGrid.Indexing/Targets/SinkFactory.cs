using VitGrid.Engine.Options;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Postgres;
using VitGrid.Indexing.Spool;
using VitGrid.S3;

namespace VitGrid.Indexing.Targets;

/// <summary>
/// Makes the sinks that jobs name, and keeps those that write files within the allowed folders, objects within the allowed buckets,
/// databases to the allowed hosts: whoever reaches the queue may name any.
/// </summary>
internal sealed class SinkFactory(IndexingOptions options)
{
    private readonly string[] _roots = [
        .. AllowedFolders.Resolve(options.SinkRoots), .. AllowedFolders.Resolve([new SpoolFolder(options).Work])];

    private readonly SinkHost[] _hosts = [.. options.SinkHosts.Select(host => SinkHost.Parse(host))];

    private readonly Lazy<S3Store> _objects = new(() => ObjectStore.Open(options.S3), LazyThreadSafetyMode.PublicationOnly);

    /// <exception cref="SinkException">The specification is wrong, or its folder, bucket or host not allowed.</exception>
    public IVectorSink Create(string job, string specification)
    {
        SinkSpec sink = SinkSpec.Parse(specification);
        if (sink.Folder is { } path && !AllowedFolders.Contains(_roots, AllowedFolders.RealPath(path)))
        {
            throw new SinkException(
                SinkFault.Refused,
                $"sink {sink} lies outside the folders this worker may write ({string.Join(", ", _roots)}); add its folder with "
                    + $"--VitGrid:Indexing:SinkRoots");
        }
        if (ObjectionTo(sink, options.S3) is { } objection)
            throw new SinkException(SinkFault.Refused, objection);
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
        return sink.Create(new(job) { Tls = options.SinkTls, Objects = () => _objects.Value });
    }

    /// <summary>What speaks against writing into a sink's bucket; null: nothing does, or it writes into none.</summary>
    public static string? ObjectionTo(SinkSpec sink, S3Options options) =>
        sink.Objects is not { } place || options.SinkBuckets.Any(place.IsIn)
            ? null
            : $"sink {sink} lies in no bucket that may be written ({Named(options.SinkBuckets)}); if it is meant, add '{place.Bucket}' or "
                + "a prefix of it to Indexing:S3:SinkBuckets of every worker";

    private static string Named(IReadOnlyList<string> buckets) => buckets.Count == 0 ? "none is named" : string.Join(", ", buckets);
}
