using VitGrid.LoadTest.Failures;
using static VitGrid.LoadTest.Tests.Failures.Load;

namespace VitGrid.LoadTest.Tests.Failures;

/// <summary>The catalogue, and the load that is put on the grid.</summary>
public sealed class ExperimentsTests
{
    [Fact]
    public void Names_are_unique() =>
        Assert.Equal(Experiments.All.Count, Experiments.All.DistinctBy(experiment => experiment.Name).Count());

    [Fact]
    public void The_short_run_takes_experiments_that_exist() =>
        Assert.Empty(Experiments.Short.Except(Experiments.All.Select(experiment => experiment.Name)));

    [Theory]
    [InlineData(1000, 4000, 100)]
    [InlineData(1, 4000, 2)]
    [InlineData(100_000, 1000, 200)]
    public void The_rate_is_four_tenths_of_what_was_carried_within_bounds(int answers, double milliseconds, double rate) =>
        Assert.Equal(rate, Capacity.Rate(answers, Ms(milliseconds)));

    [Fact]
    public void A_generated_image_is_a_whole_bmp_file()
    {
        byte[] file = NoiseImage.Bmp(seed: 1, side: 8);
        Assert.Equal(54 + (8 * 8 * 3), file.Length);
        Assert.Equal(file.Length, BitConverter.ToInt32(file, 2));
        Assert.Equal((8, 8), (BitConverter.ToInt32(file, 18), BitConverter.ToInt32(file, 22)));
    }

    [Fact]
    public void A_seed_gives_one_image_and_another_seed_another()
    {
        Assert.Equal(NoiseImage.Bmp(1, 8), NoiseImage.Bmp(1, 8));
        Assert.NotEqual(NoiseImage.Bmp(1, 8), NoiseImage.Bmp(2, 8));
    }
}
