using VitGrid.Cluster.Caching.Redis;
using VitGrid.Redis;

namespace VitGrid.Cluster.Tests.Caching.Redis;

public sealed class RedisMemoryTests
{
    [Theory]
    [InlineData(0, "noeviction", "has no memory bound")]
    [InlineData(1_000, "noeviction", "evicts nothing")]
    [InlineData(1_000, "allkeys-lfu", null)]
    public void A_redis_that_does_not_suit_a_cache_is_told(long most, string policy, string? expected)
    {
        RedisMemory memory = RedisMemory.From(RedisInfo.Parse(
            $"# Memory\r\nused_memory:900\r\nused_memory_human:900B\r\nmaxmemory:{most}\r\nmaxmemory_policy:{policy}\r\n"));
        Assert.Equal((900, most, policy), (memory.Used, memory.Most, memory.Policy));
        if (expected is null)
            Assert.Null(memory.Warning);
        else
            Assert.StartsWith(expected, memory.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_tells_nothing_is_read_too() => Assert.Equal(new(0, 0, "unknown"), RedisMemory.From(RedisInfo.Parse("")));
}
