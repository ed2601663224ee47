using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Measure;

/// <summary>What VitGrid's <c>/metrics</c> says in one moment. Counters count from the server's start.</summary>
/// <param name="StageSeconds">Sum over images and their number, by stage.</param>
/// <param name="Batches">Batches of at most so many images, by that number.</param>
/// <param name="Busy">Part of the time for which each device was busy lately, 0–1.</param>
internal sealed record ServerReading(
    IReadOnlyDictionary<string, (double Sum, double Count)> StageSeconds, IReadOnlyDictionary<double, double> Batches,
    IReadOnlyDictionary<string, double> Busy)
{
    /// <summary>Reads it; empty for a server of another kind.</summary>
    public static ServerReading From(string text)
    {
        MetricSample[] samples = [.. PrometheusText.Parse(text)];
        Dictionary<string, double> sums = SumBy(samples, "vitgrid_stage_duration_seconds_sum", "stage");
        Dictionary<string, double> counts = SumBy(samples, "vitgrid_stage_duration_seconds_count", "stage");
        return new(
            sums.ToDictionary(stage => stage.Key, stage => (stage.Value, counts.GetValueOrDefault(stage.Key))),
            SumBy(samples, "vitgrid_batch_size_bucket", "le").ToDictionary(bucket => Bound(bucket.Key), bucket => bucket.Value),
            SumBy(samples, "vitgrid_segment_busy_ratio", "device"));
    }

    /// <summary>Mean milliseconds an image by stage since <paramref name="before"/>.</summary>
    public IReadOnlyDictionary<string, double> StagesSince(ServerReading before)
    {
        Dictionary<string, double> means = [];
        foreach ((string stage, (double sum, double count)) in StageSeconds)
        {
            (double sumBefore, double countBefore) = before.StageSeconds.GetValueOrDefault(stage);
            if (count > countBefore)
                means[stage] = Math.Round((sum - sumBefore) / (count - countBefore) * 1e3, 3);
        }
        return means;
    }

    /// <summary>How many batches of which size went to the devices since <paramref name="before"/>.</summary>
    public IReadOnlyList<BatchCount> BatchesSince(ServerReading before)
    {
        List<BatchCount> found = [];
        double smaller = 0;
        foreach ((double upTo, double cumulated) in Batches.OrderBy(bucket => bucket.Key))
        {
            double here = cumulated - before.Batches.GetValueOrDefault(upTo);
            if (here > smaller)
                found.Add(new(double.IsFinite(upTo) ? upTo : null, here - smaller));
            smaller = here;
        }
        return found;
    }

    private static double Bound(string text) =>
        text == "+Inf" ? double.PositiveInfinity : double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static Dictionary<string, double> SumBy(MetricSample[] samples, string name, string label) => samples
        .Where(sample => sample.Name == name && sample.Labels.ContainsKey(label))
        .GroupBy(sample => sample.Labels[label])
        .ToDictionary(group => group.Key, group => group.Sum(sample => sample.Value));
}
