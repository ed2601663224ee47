using VitGrid.Engine.FeatureRequests;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>The outputs of one run: the vectors, the neighbours, or both.</summary>
internal sealed class OutcomeSinks(IReadOnlyList<IOutcomeSink> sinks) : IDisposable
{
    public static OutcomeSinks For(EmbedSettings settings, string model, int dimensions, Terminal terminal)
    {
        if (settings.Features is not null)
            return new([]);
        List<IOutcomeSink> sinks = [];
        if (settings.OutFile is { } path)
            sinks.Add(ToFile(settings.Format, path, model, dimensions));
        else if (settings.Neighbours is null)
            sinks.Add(new JsonLinesSink(model, terminal.Out));
        if (settings.Neighbours is { } count)
            sinks.Add(new NeighbourSink(terminal, count));
        return new(sinks);
    }

    /// <summary>The output of a run whose features are known once its model is loaded.</summary>
    public static OutcomeSinks For(EmbedSettings settings, FeaturePlan plan) =>
        new([new FeatureSink(settings.OutFile!, plan, settings.Format)]);

    public async ValueTask WriteAsync(EmbedOutcome outcome, CancellationToken cancellationToken)
    {
        foreach (IOutcomeSink sink in sinks)
            await sink.WriteAsync(outcome, cancellationToken);
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        foreach (IOutcomeSink sink in sinks)
            await sink.CompleteAsync(cancellationToken);
    }

    public void Dispose()
    {
        foreach (IOutcomeSink sink in sinks)
            sink.Dispose();
    }

    private static IOutcomeSink ToFile(VectorFormat format, string path, string model, int dimensions) => format switch
    {
        VectorFormat.Npy => new NpySink(path, dimensions),
        VectorFormat.Parquet => new ParquetSink(path, model, dimensions),
        _ => new JsonLinesSink(model, new AtomicFile(path)),
    };
}
