using System.Text.Json;
using System.Text.Json.Serialization;
using VitGrid.Indexing.Spool;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>OpenAI's shapes of files and batches; times in seconds since 1970, what is not there is <c>null</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(FileResponse))]
[JsonSerializable(typeof(FileListResponse))]
[JsonSerializable(typeof(FileDeletedResponse))]
[JsonSerializable(typeof(BatchResponse))]
[JsonSerializable(typeof(BatchListResponse))]
[JsonSerializable(typeof(BatchError[]))]
internal sealed partial class BatchJson : JsonSerializerContext
{
    public static BatchJson Readable => field ??= new(
        new JsonSerializerOptions(Default.Options) { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

/// <summary>A file.</summary>
internal sealed record FileResponse(string Id, long Bytes, long CreatedAt, long? ExpiresAt, string Filename, string Purpose)
{
    public string Object { get; init; } = "file";

    /// <summary>Always <c>processed</c>: what is listed is whole.</summary>
    public string Status { get; init; } = "processed";

    public static FileResponse From(SpoolFile file) =>
        new(file.Id, file.Bytes, file.Created / 1000, file.Expires / 1000, file.Name, file.Purpose);
}

/// <summary>Files, newest first.</summary>
internal sealed record FileListResponse(IReadOnlyList<FileResponse> Data, string? FirstId, string? LastId, bool HasMore)
{
    public string Object { get; init; } = "list";
}

/// <summary>A file that is no more.</summary>
internal sealed record FileDeletedResponse(string Id)
{
    public string Object { get; init; } = "file";

    public bool Deleted { get; init; } = true;
}

/// <summary>What is wrong with a batch, or with a line of it.</summary>
internal sealed record BatchError(string Code, string Message, string? Param, int? Line);

/// <summary>What is wrong with a batch.</summary>
internal sealed record BatchErrors(IReadOnlyList<BatchError> Data)
{
    public string Object { get; init; } = "list";
}

/// <summary>Lines of a batch.</summary>
internal sealed record BatchCounts(int Total, int Completed, int Failed);

/// <summary>Batches, newest first.</summary>
internal sealed record BatchListResponse(IReadOnlyList<BatchResponse> Data, string? FirstId, string? LastId, bool HasMore)
{
    public string Object { get; init; } = "list";
}
