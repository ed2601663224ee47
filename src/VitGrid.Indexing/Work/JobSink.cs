using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Sinks;
using VitGrid.Model.Encoders;

namespace VitGrid.Indexing.Work;

/// <summary>
/// A job's sink in this process: opened when the model is known, one caller at a time, opened again when the model has changed. No call
/// waits longer than
/// <paramref name="limit"/> for a sink that does not answer; until it does, every other is refused.
/// </summary>
internal sealed class JobSink(string job, JobSettings settings, IndexedGrid grid, TimeSpan limit, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan OpeningGrace = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _gate = new(1);
    private readonly Lock _openings = new();
    private Task<string?> _opening = Task.FromResult<string?>(null);
    private long _openingSince;
    private IVectorSink? _sink;
    private SinkSchema? _schema;
    private (string Problem, long At)? _refused;

    /// <summary>What keeps vectors from being written at present; null when nothing does.</summary>
    public async Task<string?> ProblemAsync(CancellationToken cancellationToken)
    {
        (SinkSchema? schema, string? problem) = Schema();
        if (schema is null || (_sink is not null && schema == _schema))
            return problem;
        Task<string?> opening = Opening(schema);
        TimeSpan left = OpeningGrace - time.GetElapsedTime(_openingSince);
        try
        {
            return await opening.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
        }
        catch (TimeoutException)
        {
            return "the sink is being opened and does not answer; it is waited for, "
                + $"{limit.TotalSeconds:0.#} s at a time (Indexing:StallMilliseconds)";
        }
    }

    /// <summary>Calls the opened sink, which has the limit to answer.</summary>
    /// <exception cref="SinkException">It cannot be opened, refused, or did not answer in time.</exception>
    public Task<T> UseAsync<T>(Func<IVectorSink, CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        UseAsync(call, limit, cancellationToken);

    /// <summary>The same for what takes as long as it takes: joining files, building an index.</summary>
    /// <exception cref="SinkException">It cannot be opened, or refused.</exception>
    public Task FinishAsync(SinkSummary summary, CancellationToken cancellationToken) => UseAsync(
        async (sink, token) =>
        {
            await sink.FinishAsync(summary, token);
            return true;
        },
        Timeout.InfiniteTimeSpan,
        cancellationToken);

    private async Task<T> UseAsync<T>(
        Func<IVectorSink, CancellationToken, Task<T>> call, TimeSpan most, CancellationToken cancellationToken)
    {
        if (await ProblemAsync(cancellationToken) is { } problem && _sink is null)
            throw new SinkException(SinkFault.Unavailable, problem);
        if (!await _gate.WaitAsync(limit, cancellationToken))
            throw Silent("an earlier call");
        Task<T> running = CallAsync(call, most, cancellationToken);
        try
        {
            return most == Timeout.InfiniteTimeSpan
                ? await running.WaitAsync(cancellationToken) : await running.WaitAsync(most + OpeningGrace, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Silent("a call");
        }
    }

    /// <summary>The gate stays closed until the sink has answered, however late: it serves one caller at a time.</summary>
    private async Task<T> CallAsync<T>(
        Func<IVectorSink, CancellationToken, Task<T>> call, TimeSpan most, CancellationToken cancellationToken)
    {
        try
        {
            using CancellationTokenSource due = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            due.CancelAfter(most);
            return await Task.Run(() => call(
                _sink ?? throw new SinkException(SinkFault.Unavailable, "the sink was closed"), due.Token), CancellationToken.None);
        }
        finally
        {
            _gate.Release();
        }
    }

    private SinkException Silent(string what) => new(
        SinkFault.Unavailable, $"the sink did not answer {what} within {limit.TotalSeconds:0.#} s (Indexing:StallMilliseconds); see to its "
            + $"disk or database. It is tried again");

    private Task<string?> Opening(SinkSchema schema)
    {
        lock (_openings)
        {
            if (_opening.IsCompleted)
                (_opening, _openingSince) = (Task.Run(() => OpenAloneAsync(schema)), time.GetTimestamp());
            return _opening;
        }
    }

    private async Task<string?> OpenAloneAsync(SinkSchema schema)
    {
        if (!await _gate.WaitAsync(limit))
            return Silent("an earlier call").Message;
        try
        {
            using CancellationTokenSource due = new(limit, time);
            return await OpenAsync(schema, due.Token);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // One that does not answer is left alone.
        if (await _gate.WaitAsync(OpeningGrace))
            await CloseAsync();
    }

    private async Task<string?> OpenAsync(SinkSchema schema, CancellationToken cancellationToken)
    {
        if (_sink is not null && schema == _schema)
            return null;
        if (_refused is { } refused && time.GetElapsedTime(refused.At) < BetweenTries)
            return refused.Problem;
        await CloseAsync();
        IVectorSink? sink = null;
        try
        {
            sink = grid.CreateSink(job, settings.Sink);
            await sink.OpenAsync(schema, cancellationToken);
            (_sink, _schema, _refused) = (sink, schema, null);
            return null;
        }
        catch (Exception exception) when (
            exception is SinkException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            if (sink is not null)
                await sink.DisposeAsync();
            string problem = exception is OperationCanceledException ? Silent("its opening").Message : exception.Message;
            _refused = (problem, time.GetTimestamp());
            return problem;
        }
    }

    private (SinkSchema? Schema, string? Problem) Schema()
    {
        ModelInfo? model = grid.FindModel(settings.Model);
        if (model is null)
            return (null, $"model '{settings.Model}' is served by no worker of the grid; start one with --model {settings.Model}, or "
                + $"cancel the job");
        if (model.State == ModelState.Failed)
            return (null, $"model '{settings.Model}' could not be loaded: {model.Failure}");
        if (model.State != ModelState.Ready || model.Fingerprint is null)
            return (null, $"model '{settings.Model}' is still being loaded");
        try
        {
            return (SchemaOf(model, grid.ProfileKey(model, settings)), null);
        }
        catch (GridException exception)
        {
            return (null, $"features of model '{settings.Model}': {exception.Message}; cancel the job and submit it with others");
        }
        catch (ArgumentException exception)
        {
            return (null, $"preprocess '{settings.Preprocess}' for model '{settings.Model}': {exception.Message}; cancel the job and "
                + $"submit it with another");
        }
    }

    private SinkSchema SchemaOf(ModelInfo model, string profile)
    {
        int layers = model.Architecture.Depth + 1;
        if (grid.PlanOf(settings, model) is { } plan)
        {
            return new(
                model.Name, model.Fingerprint!, model.Arithmetic, profile, plan.Order.Deepest, "none", Normalized: false, Dimensions: 0)
            {
                Features = FeatureSchema.From(settings.Features!, plan),
                Metadata = settings.Metadata,
            };
        }
        Pooling pooling = settings.Pooling ?? model.Architecture.Poolings.Default;
        return new(
            model.Name,
            model.Fingerprint!,
            model.Arithmetic,
            profile,
            settings.Layer < 0 ? settings.Layer + layers : settings.Layer,
            pooling.Name(),
            settings.Normalize,
            model.DimensionsOf(pooling)) { Metadata = settings.Metadata };
    }

    private async Task CloseAsync()
    {
        if (_sink is { } open)
            await open.DisposeAsync();
        (_sink, _schema) = (null, null);
    }
}
