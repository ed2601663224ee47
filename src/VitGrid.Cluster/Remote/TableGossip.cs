using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Tables;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Passes a newer table on over every link at once. A front end so learns of a change in milliseconds, also while the gateway through
/// which it would ask the planner is the very process that died.
/// </summary>
internal sealed class TableGossip
{
    // A header passes the bodies that wait, but is short; the table of a large grid is a body.
    private const int MaxHeader = 32 << 10;

    private readonly Peers _peers;
    private readonly TableStore _table;
    private readonly FrameSerializer _frames;

    public TableGossip(Peers peers, TableStore table, FrameSerializer frames)
    {
        _peers = peers;
        _table = table;
        _frames = frames;
        peers.Accepted += Tell;
        table.Changed += TellAll;
    }

    /// <summary>Handles <see cref="FrameKinds.Table"/>.</summary>
    public ValueTask OnTable(Link link, Frame frame)
    {
        using NativeBuffer? body = frame.Body;
        _table.Offer(_frames.Read<GridTable>(body is null ? frame : frame with { Head = body.Memory }));
        return ValueTask.CompletedTask;
    }

    private void Tell(Link link)
    {
        (ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) = Parts(_table.Current);
        _ = _peers.TrySendAsync(link, FrameKinds.Table, head, body);
    }

    private void TellAll(GridTable newer)
    {
        (ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) = Parts(newer);
        _ = _peers.BroadcastAsync(FrameKinds.Table, head, body);
    }

    private (ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Body) Parts(GridTable table)
    {
        byte[] bytes = _frames.Write(table);
        return bytes.Length <= MaxHeader ? (bytes, default) : (default, bytes);
    }
}
