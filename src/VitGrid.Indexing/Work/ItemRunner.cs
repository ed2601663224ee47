using System.Threading.Channels;
using VitGrid.Engine.Errors;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Work;

/// <summary>An item's way: fetch, embed in the bulk lane, into the part that gathers; or to where its failure belongs.</summary>
internal sealed class ItemRunner(
    IndexedGrid grid, ItemMemory memory, Pressure pressure, Settlement settlement, Backoff backoff, int maxAttempts)
{
    // Bulk work may wait long; what holds the entry renews it.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    /// <summary>Does not fail. When it returns, the item is in a part, settled, or left to others.</summary>
    public async Task RunAsync(JobRun run, IndexItem item, CancellationToken cancellationToken)
    {
        using CancellationTokenSource interrupted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, run.Interrupted);
        using JobRun.UnderWay _ = run.Begin();
        try
        {
            FeaturePlan? plan = PlanOf(run);
            using ByteGate.Held? room = plan is null ? null : await memory.Features.EnterAsync(plan.ImageBytes, interrupted.Token);
            Embedded embedded = await EmbedAsync(run, item, plan, interrupted.Token);
            await AddAsync(run, item, embedded, plan, interrupted.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Left to others.
        }
        catch (Exception) when (interrupted.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await SetAsideAsync(run, item, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            settlement.Forget([item.Entry]);
        }
        catch (ChannelClosedException)
        {
            // The job was over for this worker and has begun again: the entry is taken over once it has been silent.
            settlement.Forget([item.Entry]);
        }
        catch (Exception exception)
        {
            await EndAsync(run, item, FaultOf(run, item, exception), cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Where even that failed it is taken over once it has been silent.
            settlement.Forget([item.Entry]);
        }
    }

    /// <summary>What the job's features are; a model that left meanwhile is waited for as any other.</summary>
    private FeaturePlan? PlanOf(JobRun run)
    {
        JobSettings settings = run.Job.Settings;
        if (settings.Features is null)
            return null;
        ModelInfo model = grid.FindModel(settings.Model) ?? throw new GridException(
            GridFault.ModelNotFound, $"model '{settings.Model}' is served by no worker of the grid");
        return grid.PlanOf(settings, model);
    }

    private static async Task AddAsync(
        JobRun run, IndexItem item, Embedded embedded, FeaturePlan? plan, CancellationToken cancellationToken)
    {
        EmbeddingResult result = embedded.Result;
        try
        {
            PartRow row = plan is null || result.Features is not { } features
                ? new(item, Finish(run, result), result.Origin)
                : new(item, [], result.Origin) { Features = new(features, result.Grid), MaxBytes = plan.ImageBytes };
            await run.AddAsync(row with { Metadata = embedded.Metadata }, cancellationToken);
        }
        catch
        {
            result.Features?.Dispose();
            throw;
        }
    }

    private async Task<Embedded> EmbedAsync(
        JobRun run, IndexItem item, FeaturePlan? plan, CancellationToken cancellationToken)
    {
        for (int attempt = 1, busy = 1; ;)
        {
            try
            {
                Embedded result = await EmbedOnceAsync(run, item, plan, cancellationToken);
                pressure.Accepted();
                return result;
            }
            catch (Exception exception) when (exception is not OperationCanceledException && !run.Job.IsCancelled && ItemFault.From(
                exception).Kind == FaultKind.Busy)
            {
                pressure.Refused();
                await Task.Delay(backoff.After(busy++), cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException && attempt < maxAttempts && ItemFault.From(
                exception).Kind == FaultKind.Transient)
            {
                settlement.Retried();
                await Task.Delay(backoff.After(attempt++, ItemFault.From(exception).Wait), cancellationToken);
            }
        }
    }

    private async Task<Embedded> EmbedOnceAsync(
        JobRun run, IndexItem item, FeaturePlan? plan, CancellationToken cancellationToken)
    {
        if (TextUri.IsOne(item.Uri))
            return new(await EmbedTextAsync(run.Job.Settings, item, cancellationToken), null);
        ImageSource source = await BoundedReads.RunAsync(
            () => Task.FromResult(grid.Fetch.Find(item.Uri, run.Job.IsFromHttp)), cancellationToken);
        using ByteGate.Held room = await memory.Images.EnterAsync(source.Bytes, cancellationToken);
        byte[] image = await BoundedReads.RunAsync(() => source.Read(cancellationToken), cancellationToken);
        room.Shrink(image.Length);
        string? metadata = run.Job.Settings.Metadata
            ? await BoundedReads.RunAsync(() => source.ReadMetadata(cancellationToken), cancellationToken) : null;
        EmbeddingRequest request = run.Job.Settings.Request(image, Timeout, item.RequestId, plan);
        request = item.Anew && plan is null ? request with { Cache = CacheUse.Refresh } : request;
        return new(await grid.Embed(request, cancellationToken), metadata);
    }

    private async Task<EmbeddingResult> EmbedTextAsync(JobSettings settings, IndexItem item, CancellationToken cancellationToken)
    {
        (string text, bool truncate) = TextUri.Read(item.Uri);
        ModelInfo model = grid.FindModel(settings.Model)
            ?? throw new GridException(GridFault.ModelNotFound, $"model '{settings.Model}' is not served");
        if (settings.TextFault(model) is { } fault)
        {
            throw new ItemException(
                ItemFault.Poison(model.TextTower is null ? ApiCode.UnsupportedModality : ApiCode.InvalidRequest, fault));
        }
        TokenIds tokens = await grid.Tokenize(model, text, truncate, cancellationToken);
        EmbeddingRequest request = settings.Request(tokens, Timeout, item.RequestId);
        return await grid.Embed(item.Anew ? request with { Cache = CacheUse.Refresh } : request, cancellationToken);
    }

    private static float[] Finish(JobRun run, EmbeddingResult result) =>
        run.Job.Settings.Normalize ? UnitLength.Normalize(result.Vector.Span) : result.Vector.ToArray();

    /// <summary>No client hears of files what only the operator may know; the grid's own faults tell nothing of them.</summary>
    private ItemFault FaultOf(JobRun run, IndexItem item, Exception exception)
    {
        ItemFault fault = ItemFault.From(exception);
        bool isOfFile = run.Job.IsFromHttp && HttpFiles.IsOne(item.Uri) && exception is not GridException;
        return isOfFile && grid.Fetch.TakesHttpFiles ? HttpFiles.Conceal(fault) : fault;
    }

    private Task SetAsideAsync(JobRun run, IndexItem item, CancellationToken cancellationToken) => run.Job.IsCancelled
        ? settlement.SkipAsync(run.Id, [item], cancellationToken)
        : settlement.DeferAsync(run.Id, run.Obstacle ?? "the job does not go on", [item], cancellationToken);

    private async Task EndAsync(JobRun run, IndexItem item, ItemFault fault, CancellationToken cancellationToken)
    {
        switch (fault.Kind)
        {
            case FaultKind.NoModel:
                run.OnObstacle(fault.Message);
                await settlement.DeferAsync(run.Id, fault.Message, [item], cancellationToken);
                break;
            case FaultKind.Busy or FaultKind.Leaving when run.Job.IsCancelled:
                await settlement.SkipAsync(run.Id, [item], cancellationToken);
                break;
            case FaultKind.Busy or FaultKind.Leaving:
                await settlement.ReleaseAsync([item.Entry], cancellationToken);
                break;
            default:
                await settlement.DeadLetterAsync(run.Id, [(item, fault)], cancellationToken);
                run.OnEnded();
                break;
        }
    }

    /// <summary>What became of an item, and what stood beside its image.</summary>
    private readonly record struct Embedded(EmbeddingResult Result, string? Metadata);
}

/// <summary>What items between queue and part may hold in this process.</summary>
/// <param name="Images">Encoded images.</param>
/// <param name="Features">Features that are computed or wait for room in a part.</param>
internal sealed record ItemMemory(ByteGate Images, ByteGate Features);
