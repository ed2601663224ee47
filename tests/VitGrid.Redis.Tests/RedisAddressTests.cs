using System.Net;
using StackExchange.Redis;

namespace VitGrid.Redis.Tests;

/// <summary>The ways to say where a Redis is, and what messages show of them.</summary>
public sealed class RedisAddressTests
{
    [Theory]
    [InlineData("cache:6380", "cache", 6380, false, null, null, null)]
    [InlineData("redis://cache", "cache", 6379, false, null, null, null)]
    [InlineData("redis://127.0.0.1:6400/3", "127.0.0.1", 6400, false, null, null, 3)]
    [InlineData("redis://:s3cret@cache:6380", "cache", 6380, false, null, "s3cret", null)]
    [InlineData("redis://:s%40cret@db", "db", 6379, false, null, "s@cret", null)]
    [InlineData("redis://s3cret@db", "db", 6379, false, null, "s3cret", null)]
    [InlineData("rediss://grid:p%40ss%2Fword@cache/1", "cache", 6379, true, "grid", "p@ss/word", 1)]
    [InlineData("rediss://grid:p%3Aw@db:6380/0", "db", 6380, true, "grid", "p:w", 0)]
    [InlineData("redis://[::1]:6400", "::1", 6400, false, null, null, null)]
    [InlineData("cache:6380,user=grid,password=s3cret,ssl=true,defaultDatabase=2", "cache", 6380, true, "grid", "s3cret", 2)]
    public void An_address_is_read_in_each_of_its_forms(
        string redis, string host, int port, bool tls, string? user, string? password, int? database)
    {
        ConfigurationOptions options = RedisAddress.Parse(redis);
        (string, int) endpoint = options.EndPoints.Single() switch
        {
            DnsEndPoint named => (named.Host, named.Port),
            IPEndPoint numbered => (numbered.Address.ToString(), numbered.Port),
            EndPoint other => (other.ToString()!, 0),
        };
        Assert.Equal((host, port), endpoint);
        Assert.Equal(host, RedisAddress.FirstHost(redis));
        Assert.Equal((tls, user, password, database), (options.Ssl, options.User, options.Password, options.DefaultDatabase));
        Assert.False(options.AbortOnConnectFail);
    }

    [Theory]
    [InlineData("redis+sentinel://:s3cret@cache", "redis+sentinel:// is not read here")]
    [InlineData("http://db:6379", "http:// is not read here")]
    [InlineData("unix://:s3cret@/run/redis.sock", "redis.sock")]
    [InlineData("redis://", "no URL with a host")]
    [InlineData("redis://:s3cret@cache/zero", "no number of a database")]
    [InlineData("redis://:s3cret@cache?timeout=5", "a query after '?'")]
    [InlineData("redis://:s3/cret@cache", "%2F")]
    [InlineData("redis://grid:s3cret#@cache", "%23")]
    [InlineData("cache:6379,password=s3cret,nonsense=1", "nonsense")]
    [InlineData("password=s3cret", "names no host")]
    public void A_malformed_address_is_told_with_the_forms_there_are_and_without_its_password(string redis, string told)
    {
        string message = Assert.Throws<FormatException>(() => RedisAddress.Parse(redis)).Message;
        Assert.StartsWith("is '", message, StringComparison.Ordinal);
        Assert.Contains(told, message, StringComparison.Ordinal);
        Assert.Contains("; give HOST:PORT, redis://", message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3", message, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sentinels_are_named_in_the_clients_own_form_with_users_of_their_own()
    {
        ConfigurationOptions options = RedisAddress.Parse(
            "a:26379,b:26379,serviceName=grid,user=u,password=p,sentinelUser=s,sentinelPassword=q");
        Assert.Equal(("grid", "u", "p", "s", "q"), (
            options.ServiceName, options.User, options.Password, options.SentinelUser, options.SentinelPassword));
        Assert.Equal("a", RedisAddress.FirstHost("a:26379,b:26379,serviceName=grid"));
    }

    [Theory]
    [InlineData("cache:6379,password=s3cret,user=grid", "cache:6379")]
    [InlineData("a:1,b:2,ssl=true", "a:1,b:2")]
    [InlineData("a:1,b:2,serviceName=grid,user=u,password=s3cret,sentinelUser=s,sentinelPassword=s3cond", "a:1,b:2")]
    [InlineData("rediss://grid:s3cret@cache:6379/1", "rediss://cache:6379/1")]
    [InlineData("redis://grid:s3@cret@cache", "redis://cache")]
    [InlineData("redis://u:secret@db/first", "redis://db/first")]
    public void Messages_show_hosts_and_ports_only(string redis, string shown) => Assert.Equal(shown, RedisAddress.Describe(redis));
}
