using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Passes a newer table on over every link at once. A front end so learns of a change in milliseconds, also while the gateway through
/// which it would ask the planner is the very process that died. Tables are taken from workers of the grid alone.
/// </summary>
internal sealed partial class TableGossip
{
    // A header passes the bodies that wait, but is short; the table of a large grid is a body.
    private const int MaxHeader = 32 << 10;

    private readonly Peers _peers;
    private readonly TableStore _table;
    private readonly FrameSerializer _frames;
    private readonly ILogger<TableGossip> _logger;
    private readonly ThrottledCount _strange = new(TimeSpan.FromSeconds(1));
    private readonly ConcurrentDictionary<Link, byte> _telling = new();
    private readonly Lock _gate = new();
    private (GridTable Table, byte[] Bytes) _written = (GridTable.Empty, []);

    public TableGossip(Peers peers, TableStore table, FrameSerializer frames, ILogger<TableGossip> logger)
    {
        (_peers, _table, _frames, _logger) = (peers, table, frames, logger);
        peers.Accepted += link => _ = TellAsync(link);
        table.Changed += _ => TellAll();
    }

    /// <summary>Handles <see cref="FrameKinds.Table"/>.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public ValueTask OnTable(Link link, Frame frame)
    {
        using NativeBuffer? body = frame.Body;
        if (!link.IsKnown)
        {
            if (_strange.Add(TimeProvider.System.Now()) is { } tables)
                LogStrange(tables, link.Peer.Node);
            return ValueTask.CompletedTask;
        }
        GridTable table = _frames.Read<GridTable>(body is null ? frame : frame with { Head = body.Memory });
        long known = _table.Current.Version;
        if (table.Version > known && TableCheck.Fault(table, known) is { } fault)
            throw new InvalidDataException($"{link.Peer.Node} sent a table that cannot be one: {fault}");
        _table.Offer(table);
        return ValueTask.CompletedTask;
    }

    private void TellAll()
    {
        foreach (Link link in _peers.Links)
            _ = TellAsync(link);
    }

    /// <summary>One table at a time is on its way to a peer: one that takes nothing misses those between, and holds up no memory.</summary>
    private async Task TellAsync(Link link)
    {
        long told = GridTable.Empty.Version;
        while (_table.Current.Version > told && _telling.TryAdd(link, 0))
        {
            GridTable newest = _table.Current;
            (ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) = Parts(newest);
            if (body.Length <= FrameRules.MaxTable)
                await _peers.TrySendAsync(link, FrameKinds.Table, head, body);
            else
                LogTooLarge(newest.Version, body.Length, FrameRules.MaxTable);
            told = newest.Version;
            _telling.TryRemove(link, out _);
        }
    }

    private (ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Body) Parts(GridTable table)
    {
        byte[] bytes;
        lock (_gate)
        {
            if (!ReferenceEquals(_written.Table, table))
                _written = (table, _frames.Write(table));
            bytes = _written.Bytes;
        }
        return bytes.Length <= MaxHeader ? (bytes, default) : (default, bytes);
    }

    [LoggerMessage(5201, LogLevel.Warning,
        "{Tables} tables of others than workers of this grid were passed over since this was last said; the last one came from {Node}")]
    private partial void LogStrange(int tables, string node);

    [LoggerMessage(5202, LogLevel.Warning,
        "Table {Version} has {Bytes} bytes (limit {Limit}) and is not passed on over links; the others ask the planner for it")]
    private partial void LogTooLarge(long version, int bytes, int limit);
}
