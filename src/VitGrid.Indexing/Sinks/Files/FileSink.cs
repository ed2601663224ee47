namespace VitGrid.Indexing.Sinks.Files;

/// <summary>
/// A sink of files: the parts of one job in a folder or bucket, joined into one file at the end where the target asks for it.
/// </summary>
internal sealed class FileSink(IPartStore parts, PartFormat format, string job) : IVectorSink
{
    private readonly ManifestStore _manifests = new(parts.Name, parts.State);
    private SinkSchema? _schema;

    /// <summary>A sink of a folder.</summary>
    public FileSink(FileTarget target, PartFormat format, string job)
        : this(new PartFolder(target, format), format, job)
    {
    }

    /// <inheritdoc/>
    public Task OpenAsync(SinkSchema schema, CancellationToken cancellationToken) => Guarded("open", async () =>
    {
        if (schema.Features is { } features
            && format.FeatureObjection(features.Type, features.Tensors.Length, features.IsTiled) is { } objection)
            throw Refused(objection);
        if (parts.Objection is { } place)
            throw Refused(place);
        // A manifest that comes meanwhile explains them.
        string? foreign = await parts.FindForeignAsync(cancellationToken);
        SinkManifest own = new(SinkManifest.CurrentFormat, format.Sink, format.Numbers, job, schema);
        if (await _manifests.ReadAsync(cancellationToken) is null)
        {
            if (foreign is not null)
                throw Refused($"{foreign} exists and is of no job known here; use another target, or move it away");
            await _manifests.CreateAsync(own, cancellationToken);
        }
        DemandSame((await _manifests.ReadAsync(cancellationToken))!, own);
        await parts.ProbeAsync(cancellationToken);
        _schema = schema;
    });

    /// <inheritdoc/>
    public Task PrepareAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
    {
        SinkRows.Check(parts.Name, Schema, format.Numbers, rows);
        return Guarded($"prepare part {part}", async () =>
        {
            PartFate fate = await parts.FateAsync(part, cancellationToken);
            if (fate == PartFate.Aborted)
                throw SinkException.Aborted(parts.Name, part);
            if (fate == PartFate.Open)
                await parts.WriteAsync(part, Schema, rows, cancellationToken);
        });
    }

    /// <inheritdoc/>
    public Task CommitAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken) =>
        Guarded($"commit part {part}", async () =>
    {
        if (await parts.TryPublishAsync(part, cancellationToken))
            return;
        await DemandNotAbortedAsync(part, cancellationToken);
        // Another worker's finish swept what was prepared: it is written again.
        await parts.WriteAsync(part, Schema, rows, cancellationToken);
        if (await parts.TryPublishAsync(part, cancellationToken))
            return;
        await DemandNotAbortedAsync(part, cancellationToken);
        throw new SinkException(SinkFault.Unavailable, $"{parts.Name}: part {part} is not there to commit; prepare it again");
    });

    /// <inheritdoc/>
    public async Task<bool> TryAbortAsync(string part, CancellationToken cancellationToken)
    {
        bool aborted = false;
        await Guarded($"abort part {part}", async () => aborted = await parts.TryAbortAsync(part, cancellationToken));
        return aborted;
    }

    /// <inheritdoc/>
    public Task FinishAsync(SinkSummary summary, CancellationToken cancellationToken) => Guarded("finish", async () =>
    {
        SinkManifest before = await _manifests.ReadAsync(cancellationToken)
            ?? throw Refused($"its manifest {_manifests.Place} is gone; restore it");
        ImmutableArray<ManifestPart> committed = await parts.ListAsync(cancellationToken);
        long rows = committed.Sum(part => (long)part.Rows);
        if (rows < summary.Done)
            throw Refused($"{summary.Done} items are done, but the parts hold {rows} rows; every worker must see the same {parts.Kind}, "
                + $"and no part may be taken away before the job is finished. An 'index retry --device' that was cut short is given once "
                + "more");
        ManifestFile? joined = await parts.JoinAsync(committed, before.Result, cancellationToken);
        await _manifests.ReplaceAsync(before with { Result = new(rows, summary, committed, joined) }, cancellationToken);
        await parts.SweepAsync(committed, cancellationToken);
    });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The parts, for whoever takes some of them out again.</summary>
    public IPartStore Parts => parts;

    /// <summary>Whether the sink is there for this process, and is the job's.</summary>
    /// <exception cref="SinkException">It is not.</exception>
    public Task DemandStateAsync(CancellationToken cancellationToken) => Guarded("open", async () =>
    {
        SinkManifest? manifest = await _manifests.ReadAsync(cancellationToken);
        if (manifest is null || manifest.Job != job)
            throw Refused(manifest is null
                ? $"this process sees no vectors there; run the command on a machine that sees {parts.Place} as the workers do"
                : $"it belongs to job '{manifest.Job}', not to '{job}'");
    });

    private SinkSchema Schema => _schema ?? throw new InvalidOperationException($"{parts.Name} was not opened");

    private async Task DemandNotAbortedAsync(string part, CancellationToken cancellationToken)
    {
        if (await parts.FateAsync(part, cancellationToken) == PartFate.Aborted)
            throw SinkException.Aborted(parts.Name, part);
    }

    private void DemandSame(SinkManifest stored, SinkManifest own)
    {
        if ((stored.Sink, stored.Numbers) != (own.Sink, own.Numbers))
            throw Refused($"it holds {stored.Sink} with {stored.Numbers} numbers, not {own.Sink} with {own.Numbers}; use another target, "
                + $"or the form it has");
        if (stored.Job != own.Job)
            throw Refused($"it belongs to job '{stored.Job}', not to '{own.Job}'; give each job a target of its own");
        SinkSchemas.Demand(parts.Name, stored.Schema, own.Schema);
    }

    private SinkException Refused(string what) => new(SinkFault.Refused, $"{parts.Name}: {what}");

    private async Task Guarded(string doing, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception exception) when (parts.Describe(doing, exception) is { } failure)
        {
            throw failure;
        }
    }
}
