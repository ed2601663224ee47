using System.Globalization;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Batches;
using VitGrid.Indexing.Spool;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.OpenAi.Answers;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>Writes the two files of a batch that has ended, a line for each of its own, in their order.</summary>
internal static class BatchResults
{
    /// <summary>The file in the folder of a batch that its workers fill.</summary>
    public const string Vectors = "vectors.jsonl";

    /// <summary>Gives how many lines have a result.</summary>
    /// <param name="service">The queue.</param>
    /// <param name="spool">Where the files go.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="lines">Its lines.</param>
    /// <param name="tokenize">Cuts a text into the tokens of the model of that name; null where it is not served any more.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<int> WriteAsync(
        IndexJobService service, SpoolFolder spool, BatchRecord batch, IEnumerable<BatchLine> lines,
        Func<string, string, ValueTask<TokenIds?>> tokenize,
        TimeProvider time, CancellationToken cancellationToken)
    {
        string model = await service.Batches.JobAsync(batch.Id) is { } job ? job.Settings.Model : "";
        using ItemIndex items = await ItemIndex.OpenAsync(service, spool.WorkOf(batch.Id), batch, cancellationToken);
        await using ResultFile output = new(spool, batch.OutputFile, $"{batch.Id}_output.jsonl");
        await using ResultFile errors = new(spool, batch.ErrorFile, $"{batch.Id}_error.jsonl");
        (int item, int succeeded) = (0, 0);
        foreach (BatchLine line in lines)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (line.Fault is { } refused)
            {
                errors.Refused(line, refused);
                continue;
            }
            string requestId = RequestIdOf(batch, line, item);
            TokenIds?[] texts = new TokenIds?[line.Images.Count];
            for (int i = 0; i < texts.Length; i++)
                texts[i] = line.Images[i].Text is { } text ? await tokenize(model, text) : null;
            ImageOutcome[] outcomes =
            [
                .. line.Images.Select((image, i) => image.Uri is null
                    ? new(null, image.Fault)
                    : items.Outcome(item++, image.Text is null ? batch.Tokens : texts[i]?.Count ?? 0) with
                    {
                        IsText = image.Text is not null,
                    }),
            ];
            if (outcomes.FirstOrDefault(outcome => outcome.Error is { Code: ItemIndex.GivenUp }).Error is { } given)
            {
                errors.Refused(line, given);
            }
            else if (!line.Fields!.Partial && outcomes.FirstOrDefault(outcome => outcome.Error is not null).Error is { } failed)
            {
                errors.Failed(line, requestId, failed);
            }
            else
            {
                // The workers have normalised as the batch asked.
                output.Answered(line, requestId, EmbeddingsAnswer.Make(
                    outcomes, line.Fields with { Normalize = false }, model, time.GetUtcNow(), Hints(line, texts)));
                succeeded++;
            }
        }
        await output.PublishAsync(time.GetUtcNow(), batch.OutputSeconds, batch.Owner);
        await errors.PublishAsync(time.GetUtcNow(), batch.OutputSeconds, batch.Owner);
        return succeeded;
    }

    /// <summary>That of the line's first image that became an item, whose number is <paramref name="item"/>.</summary>
    private static string RequestIdOf(BatchRecord batch, BatchLine line, int item) => RequestLabel.ForItem(
        batch.Id,
        line.Images.Any(image => image.Uri is not null)
            ? item.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"line-{line.Number}"));

    private static string[] Hints(BatchLine line, TokenIds?[] texts) =>
    [
        .. line.Notes.Hints(),
        .. TextHints.From(line.Images.Select((image, i) => (image.Param, texts[i]))),
        .. ImageHints.OfOrientations([.. line.Images.Select(image => (image.Param, image.IgnoredOrientation))]),
    ];
}
