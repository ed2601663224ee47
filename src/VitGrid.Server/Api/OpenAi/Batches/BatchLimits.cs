using System.Globalization;
using VitGrid.Access.Metering;
using VitGrid.Engine.Errors;
using VitGrid.Indexing.Batches;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>
/// Counts the images of batches against the day's limit of who made them. A batch takes as long as it takes: no minute's limit is its.
/// </summary>
/// <param name="limiter">Judges; null: keys are off.</param>
/// <param name="meter">Adds up for <c>vitgrid keys usage</c>; null: there is no Redis for it.</param>
internal sealed class BatchLimits(Limiter? limiter, UsageMeter? meter)
{
    /// <summary>Counts the images of a batch; null: they are within the limit; else why it fails, and counts nothing.</summary>
    public async Task<BatchError?> CountAsync(BatchRecord batch, int images)
    {
        if (limiter is null || batch.Owner.Length == 0)
            return null;
        LimitVerdict verdict = await limiter.CountLaterAsync(batch.Owner, batch.ImagesPerDay, images);
        if (verdict.Refusing is { } limit)
            return new(ApiCode.RateLimited, Text(limit, images), "input_file_id", null);
        meter?.Add(batch.Owner, new(0, images, 0));
        return null;
    }

    private static string Text(LimitState limit, int images) => string.Create(CultureInfo.InvariantCulture,
        $"the batch has {images:N0} images; of the {limit.Limit:N0} that its key may have computed in a day {limit.Remaining:N0} are ")
        + "left: "
        + (images > limit.Limit
            ? "split it into smaller ones"
            : string.Create(CultureInfo.InvariantCulture, $"make it again in {Math.Ceiling(limit.Reset.TotalSeconds):0} s"));
}
