namespace VitGrid.Indexing.Sinks.Files;

/// <summary>A sink of files: the parts of one job in a folder, joined into one file at the end where the target asks for it.</summary>
internal sealed class FileSink(FileTarget target, PartFormat format, string job) : IVectorSink
{
    /// <summary>Nobody has written for so long to a file that is being joined: its process is dead.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    private readonly PartFolder _parts = new(target, format);
    private readonly ManifestStore _manifests = new(target);
    private SinkSchema? _schema;

    /// <inheritdoc/>
    public Task OpenAsync(SinkSchema schema, CancellationToken cancellationToken) => Guarded("open", async () =>
    {
        if (schema.Features is { } features
            && format.FeatureObjection(features.Type, features.Tensors.Length, features.IsTiled) is { } objection)
            throw Refused(objection);
        DemandPlace();
        string? foreign = FindForeign();
        SinkManifest own = new(SinkManifest.CurrentFormat, format.Sink, format.Numbers, job, schema);
        if (await _manifests.ReadAsync(cancellationToken) is null)
        {
            if (foreign is not null)
                throw Refused($"{foreign} exists and is of no job known here; use another target, or move it away");
            Directory.CreateDirectory(target.State);
            await _manifests.CreateAsync(own, cancellationToken);
        }
        DemandSame((await _manifests.ReadAsync(cancellationToken))!, own);
        await ProbeAsync(cancellationToken);
        _schema = schema;
    });

    /// <inheritdoc/>
    public Task PrepareAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
    {
        SinkRows.Check(target.Name, Schema, format.Numbers, rows);
        return Guarded($"prepare part {part}", () => _parts.IsCommitted(part) ? Task.CompletedTask : _parts.WriteAsync(
            part, Schema, rows, cancellationToken));
    }

    /// <inheritdoc/>
    public Task CommitAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken) =>
        Guarded($"commit part {part}", async () =>
    {
        if (_parts.TryPublish(part))
            return;
        if (_parts.IsAborted(part))
            throw _parts.Aborted(part);
        // Another worker's finish swept the prepared files: they are written again.
        await _parts.WriteAsync(part, Schema, rows, cancellationToken);
        if (!_parts.TryPublish(part))
            throw _parts.IsAborted(part) ? _parts.Aborted(part) : new SinkException(
                SinkFault.Unavailable, $"{target.Name}: part {part} is not there to commit; prepare it again");
    });

    /// <inheritdoc/>
    public async Task<bool> TryAbortAsync(string part, CancellationToken cancellationToken)
    {
        bool aborted = false;
        await Guarded($"abort part {part}", () =>
        {
            aborted = _parts.TryAbort(part);
            return Task.CompletedTask;
        });
        return aborted;
    }

    /// <inheritdoc/>
    public Task FinishAsync(SinkSummary summary, CancellationToken cancellationToken) => Guarded("finish", async () =>
    {
        SinkManifest before = await _manifests.ReadAsync(cancellationToken)
            ?? throw Refused($"its manifest in {target.State} is gone; restore it");
        ImmutableArray<ManifestPart> parts = await _parts.ListAsync(cancellationToken);
        long rows = parts.Sum(part => (long)part.Rows);
        if (rows < summary.Done)
            throw Refused($"{summary.Done} items are done, but the parts hold {rows} rows; every worker must see the same folder, and no "
                + $"part may be taken away before the job is finished. An 'index retry --device' that was cut short is given once more");
        ManifestFile? joined = before.Result?.Joined;
        if (target.Joined is { } file && before.Result?.IsJoined(parts, new(file)) is not true)
            joined = await PartJoin.RunAsync(target, file, parts, cancellationToken);
        await _manifests.ReplaceAsync(before with { Result = new(rows, summary, parts, joined) }, cancellationToken);
        _parts.Sweep(DateTime.UtcNow - Abandoned);
    });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The parts, for whoever takes some of them out again.</summary>
    public PartFolder Parts => _parts;

    /// <summary>Whether the sink's folder is there for this process, and is the job's.</summary>
    /// <exception cref="SinkException">It is not.</exception>
    public async Task DemandStateAsync(CancellationToken cancellationToken)
    {
        SinkManifest? manifest = Directory.Exists(target.State) ? await _manifests.ReadAsync(cancellationToken) : null;
        if (manifest is null || manifest.Job != job)
            throw Refused(manifest is null
                ? $"this process sees no vectors there; run the command on a machine that sees {target.Parts} as the workers do"
                : $"it belongs to job '{manifest.Job}', not to '{job}'");
    }

    private SinkSchema Schema => _schema ?? throw new InvalidOperationException($"{target.Name} was not opened");

    private void DemandPlace()
    {
        if (!Directory.Exists(target.Above))
            throw Refused($"the folder {target.Above} does not exist; create or mount it first");
        if (File.Exists(target.Parts))
            throw Refused($"{target.Parts} is a file, not a folder; use another target");
    }

    /// <summary>Vectors that are there before the manifest is came from elsewhere; a manifest that comes meanwhile explains them.</summary>
    private string? FindForeign()
    {
        if (target.Joined is { } joined && Path.Exists(joined))
            return joined;
        return Directory.Exists(target.Parts) ? Directory.EnumerateFiles(target.Parts, $"*{format.Last.Extension}").FirstOrDefault() : null;
    }

    private void DemandSame(SinkManifest stored, SinkManifest own)
    {
        if ((stored.Sink, stored.Numbers) != (own.Sink, own.Numbers))
            throw Refused($"it holds {stored.Sink} with {stored.Numbers} numbers, not {own.Sink} with {own.Numbers}; use another target, "
                + $"or the form it has");
        if (stored.Job != own.Job)
            throw Refused($"it belongs to job '{stored.Job}', not to '{own.Job}'; give each job a target of its own");
        SinkSchemas.Demand(target.Name, stored.Schema, own.Schema);
    }

    /// <summary>Whether this process may write, for whom another one created the folders.</summary>
    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        string probe = Path.Combine(target.State, $".probe-{Guid.NewGuid():N}.tmp");
        await DurableFile.WriteAsync(
            probe, "", stream => stream.WriteAsync("?"u8.ToArray(), cancellationToken).AsTask(), cancellationToken);
        File.Delete(probe);
    }

    private SinkException Refused(string what) => new(SinkFault.Refused, $"{target.Name}: {what}");

    /// <summary>A disk that fails may do better later; rights do not come by themselves.</summary>
    private async Task Guarded(string doing, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new SinkException(
                SinkFault.Refused, $"{target.Name}: cannot {doing}: {exception.Message} Give this process the right to write there, or use "
                    + $"another target", exception);
        }
        catch (IOException exception)
        {
            throw new SinkException(
                SinkFault.Unavailable, $"{target.Name}: cannot {doing}: {exception.Message}. Nothing of it remains; it can be tried again "
                    + $"once there is room and the disk answers", exception);
        }
    }
}
