using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Work;

/// <summary>
/// A job's sink in this process: opened when the model is known, one caller at a time, opened again when the model has changed.
/// </summary>
internal sealed class JobSink(string job, JobSettings settings, IndexedGrid grid, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _gate = new(1);
    private IVectorSink? _sink;
    private SinkSchema? _schema;
    private (string Problem, long At)? _refused;

    /// <summary>What keeps vectors from being written at present; null when nothing does.</summary>
    public async Task<string?> ProblemAsync(CancellationToken cancellationToken)
    {
        (SinkSchema? schema, string? problem) = Schema();
        if (schema is null || (_sink is not null && schema == _schema))
            return problem;
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await OpenAsync(schema, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Numbers in a vector; the sink must have been opened.</summary>
    public int Dimensions => _schema!.Dimensions;

    /// <summary>Calls the opened sink.</summary>
    /// <exception cref="SinkException">It cannot be opened, or refused.</exception>
    public async Task<T> UseAsync<T>(Func<IVectorSink, Task<T>> call, CancellationToken cancellationToken)
    {
        if (await ProblemAsync(cancellationToken) is { } problem && _sink is null)
            throw new SinkException(SinkFault.Unavailable, problem);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await call(_sink ?? throw new SinkException(SinkFault.Unavailable, "the sink was closed"));
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _gate.Dispose();
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
        catch (Exception exception) when (exception is SinkException or IOException or UnauthorizedAccessException)
        {
            if (sink is not null)
                await sink.DisposeAsync();
            _refused = (exception.Message, time.GetTimestamp());
            return exception.Message;
        }
    }

    private (SinkSchema? Schema, string? Problem) Schema()
    {
        ModelInfo? model = grid.FindModel(settings.Model);
        if (model is null)
            return (null, $"model '{settings.Model}' is served by no worker of the grid; start one with --model {settings.Model}, or cancel the job");
        if (model.State == ModelState.Failed)
            return (null, $"model '{settings.Model}' could not be loaded: {model.Failure}");
        if (model.State != ModelState.Ready || model.Fingerprint is null)
            return (null, $"model '{settings.Model}' is still being loaded");
        try
        {
            return (SchemaOf(model, grid.ProfileKey(model, settings)), null);
        }
        catch (ArgumentException exception)
        {
            return (null, $"preprocess '{settings.Preprocess}' for model '{settings.Model}': {exception.Message}; cancel the job and submit it with another");
        }
    }

    private SinkSchema SchemaOf(ModelInfo model, string profile)
    {
        int layers = model.Architecture.Depth + 1;
        return new(
            model.Name,
            model.Fingerprint!,
            model.Arithmetic,
            profile,
            settings.Layer < 0 ? settings.Layer + layers : settings.Layer,
            settings.PoolingName,
            settings.Normalize,
            settings.Pooling == Pooling.ClsMean ? 2 * model.Dimensions : model.Dimensions);
    }

    private async Task CloseAsync()
    {
        if (_sink is { } open)
            await open.DisposeAsync();
        (_sink, _schema) = (null, null);
    }
}
