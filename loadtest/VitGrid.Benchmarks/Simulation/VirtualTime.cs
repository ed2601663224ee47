namespace VitGrid.Benchmarks.Simulation;

/// <summary>Virtual time: things happen in the order of their times, equal ones in the order in which they were planned.</summary>
internal sealed class VirtualTime
{
    private readonly PriorityQueue<Action, (double Time, long Order)> _events = new();
    private long _planned;

    /// <summary>Seconds since the start.</summary>
    public double Now { get; private set; }

    /// <summary>Plans <paramref name="happen"/> for <paramref name="time"/>, in seconds.</summary>
    public void At(double time, Action happen) => _events.Enqueue(happen, (time, _planned++));

    /// <summary>Lets everything happen until nothing is planned or <paramref name="end"/> has come.</summary>
    public void RunUntil(double end)
    {
        while (_events.TryPeek(out Action? happen, out (double Time, long Order) when) && when.Time <= end)
        {
            _events.Dequeue();
            Now = when.Time;
            happen();
        }
        Now = end;
    }
}
