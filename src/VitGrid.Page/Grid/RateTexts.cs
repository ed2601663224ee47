using VitGrid.Page.Words;

namespace VitGrid.Page.Grid;

/// <summary>
/// The rates of a process as its pages show them: made once for all pages, and the same object as long as they say the same. Any thread may
/// ask.
/// </summary>
public sealed class RateTexts
{
    private static readonly (string Name, Func<Rates, string> Show)[] Figures =
    [
        (Texts.RequestsPerSecond, rates => Texts.Number(rates.PerSecond(Counted.Requests))),
        (Texts.ImagesPerSecond, rates => Texts.Number(rates.PerSecond(Counted.Computed) + rates.PerSecond(Counted.Cached))),
        (Texts.FromCache, rates => Texts.Percent(Rates.Ratio(rates[Counted.Cached], rates[Counted.Computed]))),
        (Texts.MemoryHits, rates => Texts.Percent(Rates.Ratio(rates[Counted.MemoryHits], rates[Counted.MemoryMisses]))),
        (Texts.RedisHits, rates => Texts.Percent(Rates.Ratio(rates[Counted.RedisHits], rates[Counted.RedisMisses]))),
        (Texts.BatchSize, rates => Texts.Number(rates[Counted.Batches] == 0
            ? null : rates[Counted.Batched] / (double)rates[Counted.Batches])),
        (Texts.Median, rates => Texts.Duration(rates.Percentile(0.5))),
        (Texts.Percentile95, rates => Texts.Duration(rates.Percentile(0.95))),
        (Texts.Percentile99, rates => Texts.Duration(rates.Percentile(0.99))),
        (Texts.Refused, rates => rates[Counted.Refused].ToString(CultureInfo.InvariantCulture)),
        (Texts.Failed, rates => rates[Counted.Failed].ToString(CultureInfo.InvariantCulture)),
    ];

    // Pages ask for the newest, one after another.
    private static volatile Made? _newest;

    private RateTexts(RateSummary summary)
    {
        Rows = [.. Figures.Select(figure => (figure.Name, figure.Show(summary.Minute), figure.Show(summary.Hour)))];
        double top = Math.Max(1, summary.ImagesPerSecond.Max());
        ChartLabel = $"{Texts.HourChart} (0–{Texts.Number(top)})";
        Points = string.Join(' ', summary.ImagesPerSecond.Select((rate, minute) => string.Create(
            CultureInfo.InvariantCulture, $"{minute},{98 - (rate / top * 94):0.#}")));
    }

    /// <summary>A line a figure.</summary>
    public IReadOnlyList<(string Name, string Minute, string Hour)> Rows { get; }

    /// <summary>What the chart of the last hour is.</summary>
    public string ChartLabel { get; }

    /// <summary>Its points.</summary>
    public string Points { get; }

    /// <summary>The texts of a summary.</summary>
    public static RateTexts For(RateSummary summary)
    {
        Made? newest = _newest;
        if (ReferenceEquals(newest?.Of, summary))
            return newest.Texts;
        RateTexts made = new(summary);
        RateTexts shown = newest is not null && newest.Texts.Says(made) ? newest.Texts : made;
        _newest = new(summary, shown);
        return shown;
    }

    private bool Says(RateTexts other) =>
        Points == other.Points && ChartLabel == other.ChartLabel && Rows.SequenceEqual(other.Rows);

    private sealed record Made(RateSummary Of, RateTexts Texts);
}
