namespace VitGrid.Server.Verbs.Embed;

/// <summary>The outputs of one run: the vectors, the neighbours, or both.</summary>
internal sealed class OutcomeSinks(IReadOnlyList<IOutcomeSink> sinks) : IDisposable
{
    public static OutcomeSinks For(EmbedSettings settings, string model, int dimensions, Terminal terminal, CancellationToken cancellation)
    {
        List<IOutcomeSink> sinks = [];
        if (settings.OutFile is { } path)
            sinks.Add(settings.Format == VectorFormat.Npy ? new NpySink(path, dimensions) : new JsonLinesSink(model, new AtomicFile(path)));
        else if (settings.Neighbours is null)
            sinks.Add(new JsonLinesSink(model, terminal.Out));
        if (settings.Neighbours is { } count)
            sinks.Add(new NeighbourSink(terminal, count, cancellation));
        return new(sinks);
    }

    public void Write(EmbedOutcome outcome)
    {
        foreach (IOutcomeSink sink in sinks)
            sink.Write(outcome);
    }

    public void Complete()
    {
        foreach (IOutcomeSink sink in sinks)
            sink.Complete();
    }

    public void Dispose()
    {
        foreach (IOutcomeSink sink in sinks)
            sink.Dispose();
    }
}
