using System.Text.Json;
using VitGrid.Indexing.Batches;
using VitGrid.Indexing.Jobs;
using VitGrid.Server.Api.OpenAi.Requests;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>A batch as OpenAI's clients read it.</summary>
internal sealed record BatchResponse
{
    public required string Id { get; init; }

    public string Object { get; init; } = "batch";

    public string Endpoint { get; init; } = OpenAiPaths.Embeddings;

    public BatchErrors? Errors { get; init; }

    public required string InputFileId { get; init; }

    public required string CompletionWindow { get; init; }

    public required string Status { get; init; }

    public string? OutputFileId { get; init; }

    public string? ErrorFileId { get; init; }

    public required long CreatedAt { get; init; }

    public long? InProgressAt { get; init; }

    /// <summary>Always null: a batch is worked on until it is done.</summary>
    public long? ExpiresAt { get; init; }

    public long? FinalizingAt { get; init; }

    public long? CompletedAt { get; init; }

    public long? FailedAt { get; init; }

    /// <summary>Always null.</summary>
    public long? ExpiredAt { get; init; }

    public long? CancellingAt { get; init; }

    public long? CancelledAt { get; init; }

    public required BatchCounts RequestCounts { get; init; }

    public required JsonElement Metadata { get; init; }

    /// <param name="batch">The batch.</param>
    /// <param name="job">Its job; null while it has none.</param>
    public static BatchResponse From(BatchRecord batch, IndexJob? job) => new()
    {
        Id = batch.Id,
        Errors = ErrorsOf(batch),
        InputFileId = batch.InputFile,
        CompletionWindow = batch.CompletionWindow,
        Status = batch.Status,
        OutputFileId = batch.Succeeded > 0 ? batch.OutputFile : null,
        ErrorFileId = batch.Succeeded < batch.Lines ? batch.ErrorFile : null,
        CreatedAt = batch.Created / 1000,
        InProgressAt = At(batch, BatchRecord.InProgress),
        FinalizingAt = At(batch, BatchRecord.Finalizing),
        CompletedAt = At(batch, BatchRecord.Completed),
        FailedAt = At(batch, BatchRecord.Failed),
        CancellingAt = At(batch, BatchRecord.Cancelling),
        CancelledAt = At(batch, BatchRecord.Cancelled),
        RequestCounts = CountsOf(batch, job),
        Metadata = MetadataOf(batch),
    };

    /// <summary>What is damaged in its record is the batch's own error: the others are listed all the same.</summary>
    private static BatchErrors? ErrorsOf(BatchRecord batch)
    {
        try
        {
            return batch.Damage is { } damage ? Damaged(damage)
                : batch.Errors is { } errors ? new(JsonSerializer.Deserialize(errors, BatchJson.Default.BatchErrorArray) ?? []) : null;
        }
        catch (JsonException)
        {
            return Damaged("what its record in Redis holds as errors is no list of them");
        }
    }

    private static BatchErrors Damaged(string what) => new([new("record_damaged", what, null, null)]);

    private static JsonElement MetadataOf(BatchRecord batch)
    {
        try
        {
            return JsonElement.Parse(batch.Metadata);
        }
        catch (JsonException)
        {
            return JsonElement.Parse("{}");
        }
    }

    /// <summary>
    /// While it runs the job counts images: where each line has one, those are its lines; else what is done is told at the end.
    /// </summary>
    private static BatchCounts CountsOf(BatchRecord batch, IndexJob? job)
    {
        if (batch.Succeeded is { } succeeded)
            return new(batch.Lines, succeeded, batch.Lines - succeeded);
        return job is not null && batch.Items == batch.Lines - batch.Refused
            ? new(batch.Lines, Count(job.Done, batch), Count(batch.Refused + job.Dead, batch))
            : new(batch.Lines, 0, batch.Refused);
    }

    private static int Count(long lines, BatchRecord batch) => (int)Math.Clamp(lines, 0, batch.Lines);

    private static long? At(BatchRecord batch, string status) => batch.Reached.TryGetValue(status, out long at) ? at / 1000 : null;
}
