using System.Globalization;

namespace VitGrid.LoadTest.Load;

/// <summary>A bound that a rate must hold.</summary>
/// <param name="Percent">Which percentile of latency.</param>
/// <param name="Milliseconds">What it must not exceed.</param>
internal sealed record LatencyGoal(double Percent, double Milliseconds)
{
    /// <summary>Reads <c>p99=200ms</c> or <c>p50=1.5s</c>.</summary>
    /// <exception cref="FormatException">It is not of that form.</exception>
    public static LatencyGoal Parse(string text)
    {
        string[] sides = text.Split('=');
        double factor = sides[^1].EndsWith("ms", StringComparison.Ordinal) ? 1 : sides[^1].EndsWith('s') ? 1e3 : 0;
        if (sides.Length == 2 && sides[0].StartsWith('p') && factor > 0
            && double.TryParse(sides[0][1..], CultureInfo.InvariantCulture, out double percent) && percent is > 0 and <= 100
            && double.TryParse(sides[1].TrimEnd('m', 's'), CultureInfo.InvariantCulture, out double time) && time > 0
            && double.IsFinite(time))
            return new(percent, time * factor);
        throw new FormatException($"'{text}' is no bound: write pPERCENT=TIMEms or pPERCENT=TIMEs, e.g. p99=200ms");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"p{Percent:0.###}={Milliseconds:0.###}ms");
}

/// <summary>
/// The highest rate that holds a bound: doubles until a rate fails, halves until one holds, then narrows the two down to
/// <see cref="Close"/>. Pure: it is told what became of each rate it names.
/// </summary>
internal sealed class RateSearch(double first)
{
    /// <summary>How near the lowest rate that failed comes to the highest that held.</summary>
    public const double Close = 1.05;

    private const double Lowest = 0.01;
    private const int MaxProbes = 20;

    private double _failed = double.PositiveInfinity;
    private int _probes;

    /// <summary>The highest rate that held; null when none did.</summary>
    public double? Held { get; private set; }

    /// <summary>The rate to try; null at the end.</summary>
    public double? Next { get; private set; } = first;

    /// <summary>Says whether <see cref="Next"/> held.</summary>
    public void Tell(bool held)
    {
        double rate = Next ?? throw new InvalidOperationException("the search has ended");
        if (held)
            Held = Math.Max(Held ?? 0, rate);
        else
            _failed = Math.Min(_failed, rate);
        Next = ++_probes >= MaxProbes ? null : (Held, _failed) switch
        {
            (null, < Lowest) => null,
            (null, _) => _failed / 2,
            ({ } low, double.PositiveInfinity) => low * 2,
            ({ } low, _) when _failed / low <= Close => null,
            ({ } low, _) => Math.Sqrt(low * _failed),
        };
    }
}
