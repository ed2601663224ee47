using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Indexing;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Batches;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Spool;
using VitGrid.Indexing.Submission;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>
/// The course of a batch, step by step: validate, submit, wait for the workers, write the results. Each step may be repeated.
/// </summary>
internal sealed class BatchExecution(
    GridGateway grid, SpoolFolder spool, IndexingOptions options, BatchLines lines, BatchLimits limits, TimeProvider time)
{
    /// <summary>Takes the next step; false when there is nothing to do now.</summary>
    /// <exception cref="IndexException">The queue does not answer, or the job was changed by another hand.</exception>
    /// <exception cref="IOException">The spool fails.</exception>
    public async Task<bool> StepAsync(IndexJobService service, string id, CancellationToken cancellationToken)
    {
        if (await service.Batches.FindAsync(id, Viewer.System) is not { Damage: null } batch)
        {
            // Nobody can go on with it. What its workers have written stays, whatever it was.
            await service.Batches.CloseAsync(id);
            return false;
        }
        return batch.Status switch
        {
            BatchRecord.Validating => await ValidateAsync(service, batch, cancellationToken),
            BatchRecord.InProgress => await WatchAsync(service, batch, cancellationToken),
            BatchRecord.Finalizing => await FinishAsync(service, batch, BatchRecord.Completed, cancellationToken),
            BatchRecord.Cancelling => await CancelAsync(service, batch, cancellationToken),
            _ => await CloseAsync(service, batch),
        };
    }

    private async Task<bool> ValidateAsync(IndexJobService service, BatchRecord batch, CancellationToken cancellationToken)
    {
        // It was deleted, or expired, in the moment in which the batch was made.
        if (spool.Find(batch.InputFile, Viewer.System) is null)
            return await FailAsync(service, batch, [
                new(ApiCode.NotFound, $"file '{batch.InputFile}' is no longer there; upload it again", "input_file_id", null)]);
        BatchSurvey survey = BatchSurvey.From(Lines(batch), options.BatchInputs, cancellationToken);
        if (survey.Errors(batch.InputFile) is { } errors)
            return await FailAsync(service, batch, errors);
        ModelInfo model;
        try
        {
            model = grid.Find(survey.Lead!.Fields!.Model);
            FieldChecks.Check(survey.Lead.Fields, model);
        }
        catch (ApiException exception) when (exception.Error.Code == ApiCode.ModelLoading)
        {
            return false;
        }
        catch (ApiException exception)
        {
            return await FailAsync(service, batch, [
                new(exception.Error.Code, $"line {survey.Lead!.Number}: {exception.Message}", exception.Error.Param, survey.Lead.Number)]);
        }
        if (!batch.IsCounted)
        {
            if (await limits.CountAsync(batch, survey.Items) is { } refusal)
                return await FailAsync(service, batch, [refusal]);
            // Whoever takes this step again, here or in another process, is not to count them again.
            await service.Batches.MoveAsync(batch.Id, [BatchRecord.Validating], BatchRecord.Validating, ("counted", 1));
        }
        await service.OpenJobAsync(batch.Id, Settings(batch, survey.Lead.Fields, model), [spool.ContentOf(batch.InputFile)]);
        await service.Batches.MoveAsync(batch.Id, [BatchRecord.Validating], BatchRecord.InProgress,
            ("lines", survey.Lines), ("refused", survey.Refused), ("items", survey.Items), ("tokens", model.Tokens));
        return true;
    }

    private async Task<bool> WatchAsync(IndexJobService service, BatchRecord batch, CancellationToken cancellationToken)
    {
        IndexJob job = await service.FindAsync(batch.Id);
        if (job.State == "submitting")
        {
            await service.SubmitAsync(job, Items(batch), options.MaxLength, new(_ => { }, _ => { }), cancellationToken);
            return true;
        }
        if (!job.IsOver)
            return false;
        // An operator's "index cancel" ends the batch too.
        string next = job.State == "cancelled" ? BatchRecord.Cancelling : BatchRecord.Finalizing;
        return await service.Batches.MoveAsync(batch.Id, [BatchRecord.InProgress], next);
    }

    private async Task<bool> CancelAsync(IndexJobService service, BatchRecord batch, CancellationToken cancellationToken)
    {
        if (await service.Batches.JobAsync(batch.Id) is not { IsOver: false } job)
            return await FinishAsync(service, batch, BatchRecord.Cancelled, cancellationToken);
        if (!job.IsCancelled)
            await service.CancelAsync(batch.Id);
        return false;
    }

    private async Task<bool> FinishAsync(IndexJobService service, BatchRecord batch, string status, CancellationToken cancellationToken)
    {
        // A batch that was cancelled before it was validated has no results.
        int succeeded = batch.Lines == 0
            ? 0
            : await BatchResults.WriteAsync(service, spool, batch, Lines(batch), TokenizeAsync, time, cancellationToken);
        return await service.Batches.MoveAsync(batch.Id, [batch.Status], status, ("succeeded", succeeded));
    }

    /// <summary>What was embedded may be counted after its model has gone.</summary>
    private async ValueTask<TokenIds?> TokenizeAsync(string name, string text)
    {
        if (grid.Models().FirstOrDefault(model => model.Name == name) is not { TextTower: not null } model)
            return null;
        try
        {
            return await grid.Texts.Tokenize(model, text, truncate: true, CancellationToken.None);
        }
        catch (GridException)
        {
            return null;
        }
    }

    private async Task<bool> CloseAsync(IndexJobService service, BatchRecord batch)
    {
        spool.RemoveWork(batch.Id);
        await service.Batches.CloseAsync(batch.Id);
        return false;
    }

    private static Task<bool> FailAsync(IndexJobService service, BatchRecord batch, BatchError[] errors) => service.Batches.MoveAsync(
        batch.Id, [BatchRecord.Validating], BatchRecord.Failed,
        ("errors", JsonSerializer.Serialize(errors, BatchJson.Default.BatchErrorArray)));

    private IEnumerable<BatchLine> Lines(BatchRecord batch) => lines.Of(batch.InputFile);

    /// <summary>An item is called by its number in the file.</summary>
    private IEnumerable<SourceLine> Items(BatchRecord batch) =>
        Lines(batch).SelectMany(line => line.Images).Where(image => image.Uri is not null)
        .Select((image, number) => new SourceLine(number.ToString(System.Globalization.CultureInfo.InvariantCulture), image.Uri!));

    private JobSettings Settings(BatchRecord batch, EmbeddingFields fields, ModelInfo model) =>
        new(model.Name, $"jsonl:{Path.Combine(spool.WorkOf(batch.Id), BatchResults.Vectors)}")
    {
        Pooling = fields.Pooling,
        Layer = fields.Layer,
        Preprocess = fields.Preprocess,
        Exif = fields.Exif,
        Normalize = fields.Normalize,
        Owner = batch.Owner,
    };
}
