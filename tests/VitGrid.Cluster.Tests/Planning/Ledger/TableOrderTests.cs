using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Planning.Ledger;

namespace VitGrid.Cluster.Tests.Planning.Ledger;

/// <summary>Versions that can be, and those that cannot.</summary>
public sealed class TableOrderTests
{
    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MaxValue - 1)]
    [InlineData(1L << 60)]
    public void A_ledger_goes_on_whatever_version_it_is_told_of(long version)
    {
        GridLedger ledger = new(1, new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero));
        ledger.Step(TimeSpan.Zero, new(3, []), settled: true);
        ledger.Hear(version);
        Assert.False(ledger.IsOutranked);
        Assert.False(TableOrder.IsPlausible(version, TableOrder.First(3)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(1_795_510_597_908)]
    public void Tables_of_a_clock_and_of_many_terms_ahead_can_be(long clock)
    {
        Assert.True(TableOrder.IsPlausible(clock, 0));
        Assert.True(TableOrder.IsPlausible(TableOrder.First(1_000_000), clock));
        Assert.True(TableOrder.IsPlausible(clock, TableOrder.First(1_000_000)));
        Assert.False(TableOrder.IsPlausible(TableOrder.First(1 << 21), clock));
    }
}
