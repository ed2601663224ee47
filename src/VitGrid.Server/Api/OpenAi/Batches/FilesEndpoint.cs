using Microsoft.AspNetCore.Http.HttpResults;
using VitGrid.Access.Keys;
using VitGrid.Engine.Errors;
using VitGrid.Indexing;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Spool;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Protocols;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary><c>/v1/files</c>: what batches read and write.</summary>
internal static class FilesEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(OpenAiPaths.Files, (HttpContext context, FileUpload upload) => upload.HandleAsync(context))
            .WithMetadata(QueryNames.JudgedByRoute)
            .RequireScope(Scopes.Files)
            .WithName("createFile").WithTags("Batch").WithSummary("Uploads the lines of a batch: a form with purpose=batch and file")
            .Produces<FileResponse>();
        routes.MapGet(OpenAiPaths.Files, List)
            .WithMetadata(new QueryNames("purpose", "after", "limit"))
            .RequireScope(Scopes.Files)
            .WithName("listFiles").WithTags("Batch").WithSummary("Lists files, newest first")
            .Produces<FileListResponse>();
        routes.MapGet(OpenAiPaths.Files + "/{id}", (string id, HttpContext context, SpoolFolder spool, QueueGateway queue) =>
                TypedResults.Json(FileResponse.From(Find(spool, queue, id, context.Viewer())), BatchJson.Readable.FileResponse))
            .RequireScope(Scopes.Files)
            .WithName("retrieveFile").WithTags("Batch").WithSummary("Describes a file")
            .Produces<FileResponse>();
        routes.MapGet(OpenAiPaths.Files + "/{id}/content", (string id, HttpContext context, SpoolFolder spool, QueueGateway queue) =>
                TypedResults.PhysicalFile(spool.ContentOf(Find(spool, queue, id, context.Viewer()).Id), "application/jsonl"))
            .RequireScope(Scopes.Files)
            .WithName("downloadFile").WithTags("Batch").WithSummary("The content of a file");
        routes.MapDelete(OpenAiPaths.Files + "/{id}", DeleteAsync)
            .RequireScope(Scopes.Files).Audited("files delete")
            .WithName("deleteFile").WithTags("Batch").WithSummary("Deletes a file")
            .Produces<FileDeletedResponse>();
    }

    /// <exception cref="ApiException">There is no such file that the viewer may see, or no queue.</exception>
    public static SpoolFile Find(SpoolFolder spool, QueueGateway queue, string id, Viewer viewer)
    {
        queue.Demand();
        return spool.Find(id, viewer) ?? throw new ApiException(
            ApiCode.NotFound, $"there is no file '{Quote.Short(id)}'; GET /v1/files lists those there are", "id");
    }

    private static JsonHttpResult<FileListResponse> List(
        HttpContext context, SpoolFolder spool, QueueGateway queue, string? purpose, string? after, int? limit)
    {
        queue.Demand();
        IEnumerable<SpoolFile> files = spool.List(context.Viewer()).Where(file => purpose is null || file.Purpose == purpose);
        if (after is not null)
            files = files.SkipWhile(file => file.Id != after).Skip(1);
        int most = Math.Clamp(limit ?? 10_000, 1, 10_000);
        FileResponse[] found = [.. files.Take(most + 1).Select(FileResponse.From)];
        FileResponse[] page = found[..Math.Min(found.Length, most)];
        return TypedResults.Json(
            new FileListResponse(page, page.FirstOrDefault()?.Id, page.LastOrDefault()?.Id, found.Length > most),
            BatchJson.Readable.FileListResponse);
    }

    private static async Task<IResult> DeleteAsync(string id, HttpContext context, SpoolFolder spool, QueueGateway queue)
    {
        Find(spool, queue, id, context.Viewer());
        IndexJobService service = await queue.ServiceAsync();
        if ((await service.Batches.UnfinishedAsync()).FirstOrDefault(batch => batch.InputFile == id) is { } reader)
            throw new ApiException(ApiCode.Conflict,
                $"file '{id}' is read by batch '{reader.Id}', which is {reader.Status}; cancel it (POST /v1/batches/{reader.Id}/cancel) or "
                    + $"wait for its end", "id");
        spool.Delete(id);
        return TypedResults.Json(new FileDeletedResponse(id), BatchJson.Readable.FileDeletedResponse);
    }
}
