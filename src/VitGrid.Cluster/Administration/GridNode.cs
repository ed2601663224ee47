using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Cluster.Segments;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Administration;

/// <summary>This process in the grid. Any thread may ask, also while the host starts.</summary>
public sealed class GridNode
{
    private readonly ClusterOptions _cluster;
    private readonly LocalNode _self;
    private readonly FrontEndReadiness _frontEnd;
    private readonly TableStore _table;
    private readonly ModelLibrary? _library;
    private readonly SegmentHost? _host;

    internal GridNode(GridOptions options, LocalNode self, FrontEndReadiness frontEnd, TableStore table, ModelLibrary? library,
        SegmentHost? host)
    {
        (_cluster, _self, _frontEnd, _table, _library, _host) = (options.Cluster, self, frontEnd, table, library, host);
    }

    /// <summary>What and where it is now.</summary>
    public NodeDescription Describe() => new(
        _self.Address.Node,
        _cluster.IsClustered ? _cluster.Id : null,
        [.. (_host?.Reports() ?? []).Select(HostedSegment.From)]);

    /// <inheritdoc cref="FrontEndReadiness.Now"/>
    public GridReadiness FrontEnd() => _frontEnd.Now();

    /// <summary>Whether it may be given segments and keeps those it has; a front end is given none.</summary>
    public GridReadiness Worker() => _library is null || _host is null
        ? new([])
        : GridReadiness.OfWorker(
            _library.Preparing, _library.Faults, _host.Reports(), _table.Current.Nodes.FirstOrDefault(
                node => node.Address.Node == _self.Address.Node));
}

/// <summary>A process of the grid.</summary>
/// <param name="Name">Its name, as <c>cluster status</c> prints it; a front end's own.</param>
/// <param name="Cluster">The grid's id; null for a grid of one process.</param>
/// <param name="Segments">The segments that it holds; none at a front end.</param>
public sealed record NodeDescription(string Name, string? Cluster, IReadOnlyList<HostedSegment> Segments);

/// <summary>A segment held by a process.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Replica">The replica's number.</param>
/// <param name="Epoch">The replica's incarnation.</param>
/// <param name="Segment">Which of its segments.</param>
/// <param name="Blocks">First and last block, e.g. <c>0..7</c>.</param>
/// <param name="Device">The device it is on.</param>
/// <param name="State"><c>loading</c>, <c>ready</c> or <c>failed</c>.</param>
/// <param name="Problem">Why it failed; null otherwise.</param>
public sealed record HostedSegment(
    string Model, int Replica, long Epoch, int Segment, string Blocks, string Device, string State, string? Problem)
{
    internal static HostedSegment From(StageReport report)
    {
        (ReplicaKey key, StagePlace place) = (report.Layout.Key, report.Layout.Stages[report.Segment]);
        return new(key.Model, key.Replica, key.Epoch, report.Segment, place.Blocks.ToString(), place.Device, ModelStatus.Word(
            report.State), report.Problem);
    }
}
