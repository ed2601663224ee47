using VitGrid.LoadTest.Load;

namespace VitGrid.LoadTest.Tests.Load;

/// <summary>When an open loop sends.</summary>
public sealed class ArrivalsTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void A_fixed_rate_sends_at_even_times() => Assert.Equal(
        [0, 250, 500, 750],
        Arrivals.From([new(4, TimeSpan.FromSeconds(1))], ArrivalProcess.Fixed, 1).Select(arrival => arrival.Due.TotalMilliseconds));

    [Fact]
    public void Poisson_gaps_have_the_mean_and_the_spread_of_an_exponential()
    {
        double[] due = [.. Arrivals.From([new(500, Minute)], ArrivalProcess.Poisson, 1).Select(arrival => arrival.Due.TotalSeconds)];
        double[] gaps = [.. due.Skip(1).Zip(due, (later, earlier) => later - earlier)];
        double mean = gaps.Average(), deviation = Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean)));

        // 30,000 gaps: the mean is within 2 % of 1 / rate with more than three standard errors to spare.
        Assert.InRange(mean * 500, 0.98, 1.02);
        Assert.InRange(deviation / mean, 0.97, 1.03);
        Assert.InRange(gaps.Count(gap => gap > mean) / (double)gaps.Length, Math.Exp(-1) - 0.01, Math.Exp(-1) + 0.01);
    }

    [Fact]
    public void Equal_seeds_arrive_at_equal_times()
    {
        LoadStep[] steps = [new(50, TimeSpan.FromSeconds(2))];
        Assert.Equal(Arrivals.From(steps, ArrivalProcess.Poisson, 9), Arrivals.From(steps, ArrivalProcess.Poisson, 9));
        Assert.NotEqual(Arrivals.From(steps, ArrivalProcess.Poisson, 9), Arrivals.From(steps, ArrivalProcess.Poisson, 10));
    }

    [Fact]
    public void A_ramp_sends_each_step_at_its_own_rate()
    {
        LoadStep[] steps = [new(100, Minute), new(300, Minute), new(50, Minute)];
        Arrival[] arrivals = [.. Arrivals.From(steps, ArrivalProcess.Poisson, 3)];
        Assert.All(arrivals, arrival => Assert.Equal(arrival.Step, (int)(arrival.Due / Minute)));
        Assert.All(Enumerable.Range(0, 3), step =>
            Assert.InRange(arrivals.Count(arrival => arrival.Step == step) / (steps[step].Rate * 60), 0.93, 1.07));
    }
}
