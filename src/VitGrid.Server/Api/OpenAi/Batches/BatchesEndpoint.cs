using VitGrid.Engine.Errors;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Batches;
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
            .WithName("createBatch").WithTags("Batch").WithSummary("Embeds the images of an uploaded file in the background")
            .Produces<BatchResponse>();
        routes.MapGet(OpenAiPaths.Batches, ListAsync)
            .WithMetadata(new QueryNames("after", "limit"))
            .WithName("listBatches").WithTags("Batch").WithSummary("Lists batches, newest first")
            .Produces<BatchListResponse>();
        routes.MapGet(OpenAiPaths.Batches + "/{id}", async (string id, QueueDoor queue) => await AnswerAsync(await queue.DeskAsync(), id))
            .WithName("retrieveBatch").WithTags("Batch").WithSummary("How far a batch is")
            .Produces<BatchResponse>();
        routes.MapPost(OpenAiPaths.Batches + "/{id}/cancel", CancelAsync)
            .WithMetadata(QueryNames.JudgedByRoute)
            .WithName("cancelBatch").WithTags("Batch").WithSummary("Gives up what is left of a batch")
            .Produces<BatchResponse>();
    }

    private static async Task<IResult> CreateAsync(HttpRequest request, BatchCreation creation, QueueDoor queue)
    {
        IndexDesk desk = await queue.DeskAsync();
        BatchRecord batch = await creation.ReadAsync(request);
        await desk.Batches.CreateAsync(batch);
        return TypedResults.Json(BatchResponse.Of(batch, null), BatchJson.Readable.BatchResponse);
    }

    private static async Task<IResult> ListAsync(QueueDoor queue, string? after, int? limit)
    {
        IndexDesk desk = await queue.DeskAsync();
        int most = Math.Clamp(limit ?? 20, 1, 100);
        IReadOnlyList<BatchRecord> found = await desk.Batches.ListAsync(after, most + 1);
        List<BatchResponse> page = [];
        foreach (BatchRecord batch in found.Take(most))
            page.Add(await DescribeAsync(desk, batch));
        return TypedResults.Json(
            new BatchListResponse(page, page.FirstOrDefault()?.Id, page.LastOrDefault()?.Id, found.Count > most),
            BatchJson.Readable.BatchListResponse);
    }

    private static async Task<IResult> CancelAsync(string id, QueueDoor queue)
    {
        IndexDesk desk = await queue.DeskAsync();
        bool moved = await desk.Batches.MoveAsync(id, [BatchRecord.Validating, BatchRecord.InProgress], BatchRecord.Cancelling);
        BatchRecord batch = await FindAsync(desk, id);
        if (!moved && batch.Status is not (BatchRecord.Cancelling or BatchRecord.Cancelled))
            throw new ApiException(ApiCode.Conflict,
                $"batch '{id}' is {batch.Status}; only one that is validating or in_progress can be cancelled", "id");
        return await AnswerAsync(desk, id);
    }

    private static async Task<IResult> AnswerAsync(IndexDesk desk, string id) =>
        TypedResults.Json(await DescribeAsync(desk, await FindAsync(desk, id)), BatchJson.Readable.BatchResponse);

    private static async Task<BatchRecord> FindAsync(IndexDesk desk, string id) => await desk.Batches.FindAsync(id)
        ?? throw new ApiException(
            ApiCode.NotFound, $"there is no batch '{Quote.Short(id)}'; GET /v1/batches lists those there are", "id");

    private static async Task<BatchResponse> DescribeAsync(IndexDesk desk, BatchRecord batch) =>
        BatchResponse.Of(batch, batch.Succeeded is null ? await desk.Batches.JobAsync(batch.Id) : null);
}
