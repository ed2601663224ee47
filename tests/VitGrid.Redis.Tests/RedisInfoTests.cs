namespace VitGrid.Redis.Tests;

public sealed class RedisInfoTests
{
    [Fact]
    public void Fields_are_read_past_headings_and_the_first_of_equal_names_counts()
    {
        RedisInfo info = RedisInfo.Parse(
            "# Memory\r\nused_memory:900\r\nmaxmemory_policy:allkeys-lfu\r\nused_memory:7\r\ndb0:keys=1\r\n\r\n");
        Assert.Equal((900, "allkeys-lfu", "keys=1"), (info.Number("used_memory"), info.Text("maxmemory_policy", ""), info.Text("db0", "")));
    }

    [Fact]
    public void What_a_server_does_not_tell_is_absent_or_zero()
    {
        RedisInfo info = RedisInfo.Parse("");
        Assert.Equal((0, "unknown"), (info.Number("maxmemory"), info.Text("maxmemory_policy", "unknown")));
        Assert.Equal(0, RedisInfo.Parse("maxmemory:many").Number("maxmemory"));
    }
}
