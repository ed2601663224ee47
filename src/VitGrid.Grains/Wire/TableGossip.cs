using VitGrid.Grains.Contracts;
using VitGrid.Grains.Placement;
using VitGrid.Grains.Transport;

namespace VitGrid.Grains.Wire;

/// <summary>
/// Passes a newer table on over every link at once. A front end so learns of a change in milliseconds, also while the gateway through
/// which it would ask the planner is the very process that died.
/// </summary>
internal sealed class TableGossip
{
    private readonly Peers _peers;
    private readonly TableStore _table;
    private readonly FrameHeads _frames;

    public TableGossip(Peers peers, TableStore table, FrameHeads frames)
    {
        _peers = peers;
        _table = table;
        _frames = frames;
        peers.On(FrameKinds.Table, Take);
        peers.Accepted += link => _ = peers.TrySendAsync(link, FrameKinds.Table, Bytes(table.Current));
        table.Changed += newer => _ = peers.BroadcastAsync(FrameKinds.Table, Bytes(newer));
    }

    private ValueTask Take(Link link, Frame frame)
    {
        using NativeBuffer? body = frame.Body;
        _table.Offer(_frames.Read<GridTable>(frame));
        return ValueTask.CompletedTask;
    }

    private byte[] Bytes(GridTable table) => _frames.Write(table);
}
