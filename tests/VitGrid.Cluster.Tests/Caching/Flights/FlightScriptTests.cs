using FsCheck.Xunit;
using VitGrid.Cluster.Caching.Flights;
using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Tests.Caching.Flights;

/// <summary>Any order of joins, landings, departures and silences.</summary>
public sealed class FlightScriptTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private readonly FlightBoard _board = new(Lease);
    private readonly List<(Guid Ticket, Task<FlightTurn> Turn)> _doors = [];
    private TimeSpan _now = TimeSpan.FromSeconds(100);

    [Property(MaxTest = 500)]
    public bool Everybody_who_waits_is_told_and_nothing_is_held_afterwards(byte[] script)
    {
        foreach (byte step in script)
            Do(step);
        // Whoever leads falls silent, one after the other.
        for (int i = 0; i <= _doors.Count; i++)
            Expire(Lease);
        return _board.Count == 0 && _doors.All(door => door.Turn.IsCompletedSuccessfully);
    }

    private void Do(byte step)
    {
        Guid door = _doors.Count == 0 ? Guid.Empty : _doors[step / 4 % _doors.Count].Ticket;
        switch (step % 4)
        {
            case 0:
                Guid ticket = Guid.NewGuid();
                _doors.Add((ticket, _board.Join("key", ticket, _now)));
                break;
            case 1:
                _board.Land("key", door, step % 8 == 1 ? new(false, [step]) : null, _now);
                break;
            case 2:
                _board.Leave("key", door, _now);
                // It waits no longer.
                _doors.RemoveAll(gone => gone.Ticket == door);
                break;
            default:
                Expire(Lease / 3);
                break;
        }
    }

    private void Expire(TimeSpan later)
    {
        _now += later;
        _board.Expire("key", _now);
    }
}
