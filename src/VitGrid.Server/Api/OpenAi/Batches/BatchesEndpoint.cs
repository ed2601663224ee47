using VitGrid.Access.Keys;
using VitGrid.Engine.Errors;
using VitGrid.Indexing;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Batches;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Protocols;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary><c>/v1/batches</c>: files of requests, run by the indexing queue.</summary>
internal static class BatchesEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(OpenAiPaths.Batches, CreateAsync)
            .WithMetadata(QueryNames.JudgedByRoute)
            .RequireScope(Scopes.Batches)
            .WithName("createBatch").WithTags("Batch").WithSummary("Embeds the images of an uploaded file in the background")
            .Produces<BatchResponse>();
        routes.MapGet(OpenAiPaths.Batches, ListAsync)
            .WithMetadata(new QueryNames("after", "limit"))
            .RequireScope(Scopes.Batches)
            .WithName("listBatches").WithTags("Batch").WithSummary("Lists batches, newest first")
            .Produces<BatchListResponse>();
        routes.MapGet(OpenAiPaths.Batches + "/{id}", async (string id, HttpContext context, QueueGateway queue) => await AnswerAsync(
            await queue.ServiceAsync(), id, context.Viewer()))
            .RequireScope(Scopes.Batches)
            .WithName("retrieveBatch").WithTags("Batch").WithSummary("How far a batch is")
            .Produces<BatchResponse>();
        routes.MapPost(OpenAiPaths.Batches + "/{id}/cancel", CancelAsync)
            .WithMetadata(QueryNames.JudgedByRoute)
            .RequireScope(Scopes.Batches).Audited("batches cancel")
            .WithName("cancelBatch").WithTags("Batch").WithSummary("Gives up what is left of a batch")
            .Produces<BatchResponse>();
    }

    private static async Task<IResult> CreateAsync(HttpRequest request, BatchCreation creation, BatchAccess access, QueueGateway queue)
    {
        IndexJobService service = await queue.ServiceAsync();
        BatchRecord batch = await creation.ReadAsync(request);
        access.Check(request.HttpContext.Caller(), batch.InputFile);
        await service.Batches.CreateAsync(batch);
        return TypedResults.Json(BatchResponse.From(batch, null), BatchJson.Readable.BatchResponse);
    }

    private static async Task<IResult> ListAsync(HttpContext context, QueueGateway queue, string? after, int? limit)
    {
        IndexJobService service = await queue.ServiceAsync();
        int most = Math.Clamp(limit ?? 20, 1, 100);
        IReadOnlyList<BatchRecord> found = await service.Batches.ListAsync(context.Viewer(), after, most + 1);
        List<BatchResponse> page = [];
        foreach (BatchRecord batch in found.Take(most))
            page.Add(await DescribeAsync(service, batch));
        return TypedResults.Json(
            new BatchListResponse(page, page.FirstOrDefault()?.Id, page.LastOrDefault()?.Id, found.Count > most),
            BatchJson.Readable.BatchListResponse);
    }

    private static async Task<IResult> CancelAsync(string id, HttpContext context, QueueGateway queue)
    {
        IndexJobService service = await queue.ServiceAsync();
        BatchRecord batch = await FindAsync(service, id, context.Viewer());
        bool moved = batch.Damage is null
            && await service.Batches.MoveAsync(id, [BatchRecord.Validating, BatchRecord.InProgress], BatchRecord.Cancelling);
        batch = await FindAsync(service, id, context.Viewer());
        if (!moved && batch.Status is not (BatchRecord.Cancelling or BatchRecord.Cancelled))
            throw new ApiException(ApiCode.Conflict,
                $"batch '{id}' is {batch.Status}; only one that is validating or in_progress can be cancelled", "id");
        return await AnswerAsync(service, id, context.Viewer());
    }

    private static async Task<IResult> AnswerAsync(IndexJobService service, string id, Viewer viewer) =>
        TypedResults.Json(await DescribeAsync(service, await FindAsync(service, id, viewer)), BatchJson.Readable.BatchResponse);

    private static async Task<BatchRecord> FindAsync(IndexJobService service, string id, Viewer viewer) =>
        (BatchRecord.IsId(id) ? await service.Batches.FindAsync(id, viewer) : null) ?? throw new ApiException(
            ApiCode.NotFound, $"there is no batch '{Quote.Short(id)}'; GET /v1/batches lists those there are", "id");

    private static async Task<BatchResponse> DescribeAsync(IndexJobService service, BatchRecord batch) =>
        BatchResponse.From(batch, batch.Succeeded is null ? await service.Batches.JobAsync(batch.Id) : null);
}
