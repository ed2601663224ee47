using System.Net.Mime;
using Microsoft.AspNetCore.Http.HttpResults;
using VitGrid.Access.Keys;
using VitGrid.Engine.Errors;
using VitGrid.Indexing;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Batches;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Pages;

/// <summary>What the page asks of the indexing queue, for keys with scope <c>index</c>; of the machine's files it tells
/// nothing but the folders that the configuration names.</summary>
internal static class JobRoutes
{
    /// <summary>Dead letters that are shown of a job.</summary>
    private const int MaxLetters = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/page/jobs", ListAsync).ExcludeFromDescription().RequireScope(Scopes.Index);
        routes.MapGet("/page/jobs/places", Places).ExcludeFromDescription().RequireScope(Scopes.Index);
        routes.MapPost("/page/jobs/{job}", StartAsync).ExcludeFromDescription().RequireScope(Scopes.Index).Audited("index submit");
        routes.MapGet("/page/jobs/{job}/dead", DeadAsync).ExcludeFromDescription().RequireScope(Scopes.Index);
        routes.MapGet("/page/jobs/{job}/thumbnail", ShowAsync).ExcludeFromDescription().RequireScope(Scopes.Index);
        routes.MapPost("/page/jobs/{job}/retry", RetryAsync).ExcludeFromDescription().RequireScope(Scopes.Index).Audited("index retry");
        routes.MapPost("/page/jobs/{job}/cancel", CancelAsync).ExcludeFromDescription().RequireScope(Scopes.Index).Audited("index cancel");
    }

    private static async Task<JsonHttpResult<IndexStatus>> ListAsync(HttpContext context, QueueGateway queue, JobStarter starter)
    {
        IndexJobService service = await queue.ServiceAsync();
        IndexStatus status = await service.StatusAsync(null, context.RequestAborted);
        List<JobStatus> shown = [];
        foreach (JobStatus job in status.Jobs)
        {
            if (await IsShownAsync(service, job.Job, context.Viewer()))
                shown.Add(job with { Problem = job.Problem ?? starter.ProblemOf(job.Job) });
        }
        return TypedResults.Json(status with { Jobs = [.. shown] }, PageJson.Default.IndexStatus);
    }

    private static JsonHttpResult<JobPlaces> Places(SubmissionRules rules) =>
        TypedResults.Json(new JobPlaces(rules.Roots, rules.SinkRoots), PageJson.Default.JobPlaces);

    /// <summary>Begins to put a source into the queue; how far that is, the list of jobs says.</summary>
    private static async Task<Accepted> StartAsync(
        HttpContext context, string job, QueueGateway queue, JobStarter starter, SubmissionRules rules, BodyReader bodies, GridGateway grid)
    {
        JobStart asked = await JobStart.ReadAsync(context.Request, bodies);
        JobSettings settings = asked.Check(job, context.Caller(), rules, grid);
        IndexJobService service = await queue.ServiceAsync();
        string source = SubmissionRules.Named(asked.Source!);
        if (!await starter.BeginAsync(job, service, source, () => OpenAsync(service, job, settings, source)))
        {
            throw new ApiException(new ApiError(
                ApiCode.Overloaded, $"{JobStarter.MaxAtOnce} sources are being read by this process, which is all it does at once; try "
                    + "again when one of these jobs is no longer submitting", RetryAfterSeconds: 10));
        }
        return TypedResults.Accepted((string?)null);
    }

    private static async Task<IndexJob> OpenAsync(IndexJobService service, string job, JobSettings settings, string source)
    {
        try
        {
            return await service.OpenJobAsync(job, settings, [source]);
        }
        catch (IndexException exception)
        {
            throw new ApiException(ApiCode.Conflict, exception.Message, "job");
        }
    }

    private static async Task<JsonHttpResult<DeadLetter[]>> DeadAsync(HttpContext context, string job, QueueGateway queue)
    {
        IndexJobService service = await queue.ServiceAsync();
        await DemandAsync(context, service, job);
        return TypedResults.Json(
            await service.DeadAsync(job).Take(MaxLetters).ToArrayAsync(context.RequestAborted), PageJson.Default.DeadLetterArray);
    }

    /// <summary>
    /// A dead letter's image, small, as raw pixels: where this process, by its own settings, may read what the item names.
    /// </summary>
    private static async Task<FileContentHttpResult> ShowAsync(HttpContext context, string job, string? item, QueueGateway queue)
    {
        if (context.RequestServices.GetService<ItemThumbnails>() is not { } thumbnails)
            throw new ApiException(ApiCode.NotFound, "this process reads nothing that items name");
        IndexJobService service = await queue.ServiceAsync();
        await DemandAsync(context, service, job);
        // Those that are shown alone: whoever asks names no file, but a letter.
        DeadLetter[] letters = await service.DeadAsync(job).Take(MaxLetters).Where(letter => letter.Id == item).Take(1)
            .ToArrayAsync(context.RequestAborted);
        if (letters is not [var letter])
            throw new ApiException(ApiCode.NotFound, $"job '{Quote.Short(job)}' has no dead letter '{Quote.Short(item)}'", "item");
        (byte[]? pixels, string? problem) = await thumbnails.MakeAsync(letter.Uri, IndexKeys.IsBatch(job), context.RequestAborted);
        return pixels is null
            ? throw new ApiException(ApiCode.ImageDecodeFailed, $"'{Quote.Short(item)}' has no thumbnail: {problem}", "item")
            : TypedResults.Bytes(pixels, MediaTypeNames.Application.Octet);
    }

    private static async Task<JsonHttpResult<long>> RetryAsync(HttpContext context, string job, QueueGateway queue)
    {
        IndexJobService service = await queue.ServiceAsync();
        await DemandAsync(context, service, job);
        return TypedResults.Json(await service.RetryAsync(job, context.RequestAborted), PageJson.Default.Int64);
    }

    private static async Task<NoContent> CancelAsync(HttpContext context, string job, QueueGateway queue)
    {
        IndexJobService service = await queue.ServiceAsync();
        await DemandAsync(context, service, job);
        if (!await service.CancelAsync(job))
            throw new ApiException(ApiCode.InvalidRequest, $"job '{Quote.Short(job)}' is over; there is nothing to cancel", "job");
        return TypedResults.NoContent();
    }

    private static async Task DemandAsync(HttpContext context, IndexJobService service, string job)
    {
        if ((await service.StatusAsync(null, CancellationToken.None)).Jobs.All(known => known.Job != job)
            || !await IsShownAsync(service, job, context.Viewer()))
            throw new ApiException(ApiCode.NotFound, $"there is no job '{Quote.Short(job)}' among the newest ones");
    }

    /// <summary>A batch is its tenant's, and to others not there; other jobs are the operator's, and of whoever may index.</summary>
    private static async Task<bool> IsShownAsync(IndexJobService service, string job, Viewer viewer)
    {
        if (!IndexKeys.IsBatch(job))
            return true;
        try
        {
            return viewer.Sees((await service.FindAsync(job)).Settings.Owner);
        }
        catch (IndexException)
        {
            // Removed in this moment.
            return false;
        }
    }
}
