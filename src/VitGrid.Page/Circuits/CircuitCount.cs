using Microsoft.AspNetCore.Components.Server.Circuits;
using VitGrid.Page.Words;

namespace VitGrid.Page.Circuits;

/// <summary>Counts the pages that are open in this process, and says when there are enough. Any thread may ask.</summary>
/// <param name="limit">How many there may be.</param>
public sealed class CircuitCount(int limit)
{
    private int _open;

    /// <summary>How many there may be.</summary>
    public int Limit => limit;

    /// <summary>How many there are, those that lost their connection a moment ago among them.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>What is said where no other may be opened.</summary>
    public string Refusal => Texts.TooManyPages(Open, limit);

    /// <summary>Whether no other may be opened.</summary>
    public bool IsFull => Open >= limit;

    internal void Opened() => Interlocked.Increment(ref _open);

    internal void Closed() => Interlocked.Decrement(ref _open);
}

/// <summary>Hears of a page's beginning and end. Belongs to a circuit.</summary>
internal sealed class CircuitCounter(CircuitCount count) : CircuitHandler
{
    public override Task OnCircuitOpenedAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        count.Opened();
        return Task.CompletedTask;
    }

    public override Task OnCircuitClosedAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        count.Closed();
        return Task.CompletedTask;
    }
}
