using FsCheck.Xunit;
using VitGrid.Cluster.Caching.Redis;

namespace VitGrid.Cluster.Tests.Caching.Redis;

public sealed class ExpiryTests
{
    [Property]
    public bool It_lies_within_the_jitter(ushort seconds, ushort drawn)
    {
        TimeSpan expiry = Expiry.For(new() { TtlSeconds = seconds + 1, TtlJitterPercent = 20 }, drawn / 65_535.0)!.Value;
        return expiry.TotalSeconds >= 0.8 * (seconds + 1) && expiry.TotalSeconds <= (1.2 * (seconds + 1)) + 1;
    }

    [Fact]
    public void Zero_is_never() => Assert.Null(Expiry.For(new() { TtlSeconds = 0 }, 0.5));

    [Fact]
    public void Without_jitter_it_is_as_configured() =>
        Assert.Equal(TimeSpan.FromMinutes(1), Expiry.For(new() { TtlSeconds = 60, TtlJitterPercent = 0 }, 0.9));
}
