using VitGrid.Engine.Options;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Files;
using VitGrid.Indexing.Sinks.Postgres;
using VitGrid.Indexing.Targets;
using VitGrid.S3;

namespace VitGrid.Indexing.Administration;

/// <summary>Which vectors of a job are not to be believed.</summary>
/// <param name="Device">The device: <c>NODE/DEVICE</c>, <c>DEVICE</c> of any node, or either with <c>*</c>.</param>
/// <param name="Since">When it was last known to be right.</param>
/// <param name="Until">When it computed nothing any more.</param>
public sealed record DistrustedVectors(string Device, DateTimeOffset Since, DateTimeOffset Until);

/// <summary>An item whose vector such a device has computed.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Uri">Where its image is; null where that was not kept.</param>
/// <param name="Devices">What it passed.</param>
/// <param name="First">When the first vector of its part and devices was computed.</param>
/// <param name="Last">When the last one was.</param>
/// <param name="Part">The part that it is in.</param>
public sealed record DistrustedItem(string Id, string? Uri, string Devices, DateTimeOffset First, DateTimeOffset Last, string Part);

/// <summary>What became of a retry by device.</summary>
/// <param name="Items">Items put back into the queue.</param>
/// <param name="Parts">Parts that were taken out of the sink for it.</param>
/// <param name="Left">Why parts stay as they are that should not; empty when all is well.</param>
public sealed record DeviceRetryOutcome(long Items, int Parts, IReadOnlyList<string> Left);

/// <summary>
/// Finds what a device has computed in a job's sink, and has it made anew: a part with any such row is taken out as a whole, and each of
/// its items is put back into the queue once. Steps of a part: it is marked, so that its files count no more; its items are put back, by
/// one script that does so once for each part; its files or rows go. Whatever is interrupted is finished by giving the command again.
/// </summary>
internal sealed class DeviceRetry(JobStore jobs, RedisRetryPolicy retry, S3Options objects)
{
    /// <summary>The items that would be made anew because such a device has computed them.</summary>
    /// <exception cref="IndexException">The sink tells of no devices, or cannot be seen or reached from here.</exception>
    public async Task<IReadOnlyList<DistrustedItem>> ListAsync(
        IndexJob job, DistrustedVectors vectors, CancellationToken cancellationToken)
    {
        await using IVectorSink any = await SinkOfAsync(job, cancellationToken);
        return any is PgVectorSink table
            ? await ListAsync(table, vectors, cancellationToken)
            : await OfAsync(() => ListAsync((FileSink)any, vectors, cancellationToken));
    }

    private static async Task<IReadOnlyList<DistrustedItem>> ListAsync(
        FileSink sink, DistrustedVectors vectors, CancellationToken cancellationToken)
    {
        List<DistrustedItem> items = [];
        foreach (ManifestPart part in await sink.Parts.ListAsync(cancellationToken))
        {
            foreach (PartOrigin origin in OriginsIn(part, vectors))
                items.AddRange(await ItemsOfAsync(sink, part, origin, cancellationToken));
        }
        return items;
    }

    /// <summary>Has them made anew.</summary>
    /// <exception cref="IndexException">The sink tells of no devices, or cannot be seen or reached from here.</exception>
    public async Task<DeviceRetryOutcome> RunAsync(IndexJob job, DistrustedVectors vectors, CancellationToken cancellationToken)
    {
        await using IVectorSink any = await SinkOfAsync(job, cancellationToken);
        return any is PgVectorSink table
            ? await RunAsync(table, job, vectors, cancellationToken)
            : await OfAsync(() => RunAsync((FileSink)any, job, vectors, cancellationToken));
    }

    private async Task<DeviceRetryOutcome> RunAsync(
        FileSink sink, IndexJob job, DistrustedVectors vectors, CancellationToken cancellationToken)
    {
        (long items, int parts) = (0, 0);
        List<string> left = [];
        ManifestPart[] wrong =
        [
            .. await sink.Parts.ListWithdrawnAsync(cancellationToken),
            .. (await sink.Parts.ListAsync(cancellationToken)).Where(part => OriginsIn(part, vectors).Any()),
        ];
        foreach (ManifestPart part in wrong)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ItemLine[]? lines = await sink.Parts.Items.ReadAsync(part.Part, cancellationToken);
            if (Obstacle(part, lines) is { } obstacle)
            {
                left.Add(obstacle);
                continue;
            }
            await sink.Parts.WithdrawAsync(part.Part, cancellationToken);
            long back = await retry.RunAsync(
                () => jobs.WithdrawAsync(job.Id, part.Part, lines!.Select(line => (line.Id, line.Uri!))), CancellationToken.None);
            if (back < 0)
            {
                await sink.Parts.RestoreAsync(part.Part, CancellationToken.None);
                left.Add(IsSettled(part.Part));
                continue;
            }
            await sink.Parts.EndWithdrawalAsync(part.Part, CancellationToken.None);
            (items, parts) = (items + back, parts + 1);
        }
        return new(items, parts, left);
    }

    private static async Task<IReadOnlyList<DistrustedItem>> ListAsync(
        PgVectorSink table, DistrustedVectors vectors, CancellationToken cancellationToken) =>
        [
            .. (await FindAsync(table, vectors, cancellationToken)).Where(row => row.Origin?.Passed(vectors.Device) == true).Select(
                row => new DistrustedItem(
                    row.Id, row.Uri, row.Origin!.Devices, row.Origin.ComputedAt, row.Origin.ComputedAt, row.Part)),
        ];

    private async Task<DeviceRetryOutcome> RunAsync(
        PgVectorSink table, IndexJob job, DistrustedVectors vectors, CancellationToken cancellationToken)
    {
        (long items, int parts) = (0, 0);
        List<string> left = [];
        IEnumerable<string> wrong = (await FindAsync(table, vectors, cancellationToken)).Where(
            row => row.IsMarked || row.Origin?.Passed(vectors.Device) == true).Select(row => row.Part).Distinct();
        foreach (string part in wrong)
        {
            cancellationToken.ThrowIfCancellationRequested();
            IReadOnlyList<(string Id, string? Uri)> rows = await OfAsync(() => table.Origins.MarkAsync(part, true, cancellationToken));
            int lost = rows.Count(row => row.Uri is null);
            long back = lost > 0 ? -1 : await retry.RunAsync(
                () => jobs.WithdrawAsync(job.Id, part, rows.Select(row => (row.Id, row.Uri!))), CancellationToken.None);
            if (back < 0)
            {
                await OfAsync(() => table.Origins.MarkAsync(part, false, CancellationToken.None));
                left.Add(lost > 0 ? NoUris(part, lost, rows.Count) : IsSettled(part));
                continue;
            }
            await OfAsync(async () =>
            {
                await table.Origins.RemoveAsync(part, CancellationToken.None);
                return true;
            });
            (items, parts) = (items + back, parts + 1);
        }
        return new(items, parts, left);
    }

    private static Task<IReadOnlyList<RowOrigin>> FindAsync(
        PgVectorSink table, DistrustedVectors vectors, CancellationToken cancellationToken) =>
        OfAsync(() => table.Origins.FindAsync(vectors.Since, vectors.Until, cancellationToken));

    private static async Task<T> OfAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception exception) when (exception is SinkException or S3Exception)
        {
            throw new IndexException(exception.Message);
        }
    }

    private static string IsSettled(string part) => $"part {part} is just being settled; give the command again in a moment";

    private static string NoUris(string part, int lost, long rows) =>
        $"part {part}: the URIs of {lost} of its {rows} items are longer than {SinkRow.MaxUriLength} characters and were not kept; submit "
            + "them anew under another job";

    private static IEnumerable<PartOrigin> OriginsIn(ManifestPart part, DistrustedVectors vectors) =>
        (part.Origins ?? []).Where(origin => origin.Covers(vectors.Device, vectors.Since, vectors.Until));

    private static string? Obstacle(ManifestPart part, ItemLine[]? lines) =>
        lines is null || lines.Length != part.Rows
            ? $"part {part.Part} ({part.Rows} rows) was written by a build that kept no items; submit them anew under another job"
            : lines.Count(line => line.Uri is null) is var lost and > 0 ? NoUris(part.Part, lost, part.Rows)
                : null;

    private static async Task<IEnumerable<DistrustedItem>> ItemsOfAsync(
        FileSink sink, ManifestPart part, PartOrigin origin, CancellationToken cancellationToken)
    {
        ItemLine[] lines = await sink.Parts.Items.ReadAsync(part.Part, cancellationToken) ?? [];
        return RowRanges.Read(origin.Rows, lines.Length).Where(row => row < lines.Length).Select(
            row => new DistrustedItem(lines[row].Id, lines[row].Uri, origin.Devices, origin.First, origin.Last, part.Part));
    }

    private async Task<IVectorSink> SinkOfAsync(IndexJob job, CancellationToken cancellationToken) => await OfAsync(async () =>
    {
        IVectorSink sink = SinkSpec.Parse(job.Settings.Sink).Create(new(job.Id) { Objects = () => ObjectStore.Open(objects) });
        if (sink is FileSink files)
            await files.DemandStateAsync(cancellationToken);
        return sink;
    });
}
