using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Caching.Flights;

/// <summary>
/// Who computes which key, and who waits for it. The leader has a lease, which it renews; when it lands with nothing or its lease ends, the
/// first in line leads. Knows no clock. Not for several threads at once.
/// </summary>
internal sealed class FlightBoard(TimeSpan lease)
{
    private readonly Dictionary<string, Flight> _flights = [];
    private TimeSpan _swept;

    /// <summary>Flights under way.</summary>
    public int Count => _flights.Count;

    /// <summary>Takes the lead, or a place in line.</summary>
    public Task<FlightTurn> Join(string key, Guid ticket, TimeSpan now)
    {
        Sweep(now);
        Expire(key, now);
        if (_flights.TryGetValue(key, out Flight? flight))
            return flight.Line(ticket);
        _flights[key] = new(ticket, now + lease);
        return Task.FromResult(FlightTurn.Lead);
    }

    /// <summary>The leader lives.</summary>
    public void Renew(string key, Guid ticket, TimeSpan now)
    {
        if (LedBy(key, ticket) is { } flight)
            flight.Until = now + lease;
    }

    /// <summary>
    /// The leader is done: with a vector for all who wait, or with nothing, and the next one leads. Nothing happens unless it leads.
    /// </summary>
    public void Land(string key, Guid ticket, FlightTurn? outcome, TimeSpan now)
    {
        if (LedBy(key, ticket) is not { } flight)
            return;
        if (outcome is null)
        {
            Succeed(key, flight, now);
            return;
        }
        flight.Tell(outcome);
        _flights.Remove(key);
    }

    /// <summary>Somebody waits no longer. If it was given the lead meanwhile, the next one is.</summary>
    public void Leave(string key, Guid ticket, TimeSpan now)
    {
        if (_flights.TryGetValue(key, out Flight? flight))
            flight.Leave(ticket);
        Land(key, ticket, null, now);
    }

    /// <summary>Gives up the leader of <paramref name="key"/> if its lease is over.</summary>
    public void Expire(string key, TimeSpan now)
    {
        if (_flights.TryGetValue(key, out Flight? flight) && flight.Until <= now)
            Succeed(key, flight, now);
    }

    private Flight? LedBy(string key, Guid ticket) =>
        _flights.TryGetValue(key, out Flight? flight) && flight.Leader == ticket ? flight : null;

    private void Succeed(string key, Flight flight, TimeSpan now)
    {
        if (!flight.PassOn(now + lease))
            _flights.Remove(key);
    }

    /// <summary>Leaders that died and that nobody waits for are forgotten, too.</summary>
    private void Sweep(TimeSpan now)
    {
        if (now < _swept + lease)
            return;
        _swept = now;
        foreach (string key in _flights.Where(entry => entry.Value.Until <= now).Select(entry => entry.Key).ToArray())
            Expire(key, now);
    }

    private sealed class Flight(Guid leader, TimeSpan until)
    {
        private readonly LinkedList<(Guid Ticket, TaskCompletionSource<FlightTurn> Turn)> _line = [];

        public Guid Leader { get; private set; } = leader;

        public TimeSpan Until { get; set; } = until;

        public Task<FlightTurn> Line(Guid ticket)
        {
            TaskCompletionSource<FlightTurn> turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _line.AddLast((ticket, turn));
            return turn.Task;
        }

        public void Leave(Guid ticket)
        {
            if (_line.FirstOrDefault(place => place.Ticket == ticket) is { Turn: not null } place)
                _line.Remove(place);
        }

        /// <summary>False when nobody is in line.</summary>
        public bool PassOn(TimeSpan until)
        {
            if (_line.First is not { } next)
                return false;
            (Leader, Until) = (next.Value.Ticket, until);
            _line.RemoveFirst();
            return next.Value.Turn.TrySetResult(FlightTurn.Lead);
        }

        public void Tell(FlightTurn outcome)
        {
            foreach ((_, TaskCompletionSource<FlightTurn> turn) in _line)
                turn.TrySetResult(outcome);
        }
    }
}
