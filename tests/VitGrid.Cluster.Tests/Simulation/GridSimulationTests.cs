using VitGrid.Benchmarks.Simulation;

namespace VitGrid.Cluster.Tests.Simulation;

/// <summary>The real planner, replica choice and batch policy on simulated cards. Every number is of virtual time.</summary>
public sealed class GridSimulationTests
{
    [Theory]
    [InlineData(10, null)]
    [InlineData(10, 0.9)]
    [InlineData(100, null)]
    [InlineData(100, 0.9)]
    public void Throughput_is_linear_and_every_image_is_answered_once(int devices, double? load)
    {
        SimulationResult result = GridSimulation.Run(new(devices, Seconds: 20, load, Faults: false));

        Assert.Equal((0, 0, 0, 0), (result.Lost, result.AnsweredTwice, result.Refused, result.Replayed));
        Assert.InRange(result.OfLinear, 0.95, 1.05);
    }

    [Theory]
    [InlineData(10, null)]
    [InlineData(10, 0.9)]
    [InlineData(100, null)]
    [InlineData(100, 0.9)]
    public void Cards_that_die_stall_and_join_lose_no_image_and_answer_none_twice(int devices, double? load)
    {
        SimulationResult result = GridSimulation.Run(new(devices, Seconds: 60, load, Faults: true));

        Assert.Equal((0, 0, 0), (result.Lost, result.AnsweredTwice, result.Refused));
        Assert.True(result.Replayed > 0 && result.StaleAnswers > 0, "no batch was hit by a fault, so nothing was shown");
        Assert.InRange(result.LongestGap, 0, 1.5);
    }

    [Fact]
    public void A_hundred_cards_keep_nineteen_twentieths_of_linear_while_some_of_them_fail() =>
        Assert.InRange(GridSimulation.Run(new(100, Seconds: 60, Load: null, Faults: true)).OfLinear, 0.95, 1.05);

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        SimulationOptions options = new(10, Seconds: 20, Load: 0.9, Faults: true);
        Assert.Equal(GridSimulation.Run(options) with { SlowestPlan = default }, GridSimulation.Run(
            options) with { SlowestPlan = default });
    }
}
