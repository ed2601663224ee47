using System.Net;

namespace VitGrid.Transport;

/// <summary>A connection that has not said yet whose it is.</summary>
/// <param name="Address">Where it comes from; of a Unix socket <see cref="IPAddress.None"/>.</param>
/// <param name="IsKnown">Whether a link stands from there.</param>
internal sealed record Greeting(IPAddress Address, bool IsKnown);

/// <summary>
/// Which greetings go on. The newest always does: where there are too many, the oldest of the address with the most makes room, and of a
/// known address only where there is no other. Who is silent so hinders nobody: a peer that means to talk is through in milliseconds. One
/// owner at a time.
/// </summary>
/// <param name="max">Most greetings at once.</param>
/// <param name="maxPerAddress">Most of them from one address.</param>
internal sealed class GreetingBoard(int max, int maxPerAddress)
{
    private readonly List<Greeting> _greetings = [];

    /// <summary>Greetings under way.</summary>
    public int Count => _greetings.Count;

    /// <summary>Adds one.</summary>
    /// <returns>The one that makes room for it; null: there was room.</returns>
    public Greeting? Add(Greeting newcomer)
    {
        Greeting? victim = Victim(newcomer);
        if (victim is not null)
            Remove(victim);
        _greetings.Add(newcomer);
        return victim;
    }

    /// <summary>One is over, whatever came of it.</summary>
    public void Remove(Greeting greeting) => _greetings.RemoveAll(other => ReferenceEquals(other, greeting));

    private Greeting? Victim(Greeting newcomer)
    {
        if (_greetings.Count(greeting => greeting.Address.Equals(newcomer.Address)) >= maxPerAddress)
            return _greetings.First(greeting => greeting.Address.Equals(newcomer.Address));
        return _greetings.Count < max ? null : _greetings.GroupBy(greeting => greeting.Address)
            .OrderBy(from => from.First().IsKnown).ThenByDescending(from => from.Count()).First().First();
    }
}
