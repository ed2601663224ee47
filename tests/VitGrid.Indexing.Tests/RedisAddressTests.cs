using StackExchange.Redis;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Tests;

/// <summary>Addresses of Redis as people write them.</summary>
public sealed class RedisAddressTests
{
    [Theory]
    [InlineData("redis://db", "db:6379", null, null, null, false)]
    [InlineData("redis://db:6390/3", "db:6390", null, null, 3, false)]
    [InlineData("redis://:s%40cret@db", "db:6379", null, "s@cret", null, false)]
    [InlineData("redis://s3cret@db", "db:6379", null, "s3cret", null, false)]
    [InlineData("rediss://grid:p%3Aw@db:6380/0", "db:6380", "grid", "p:w", 0, true)]
    [InlineData("redis://[::1]:6391", "[::1]:6391", null, null, null, false)]
    [InlineData("db:6390,password=x,ssl=true", "db:6390", null, "x", null, true)]
    public void A_URL_says_what_a_configuration_says(string text, string server, string? user, string? password, int? database, bool tls)
    {
        ConfigurationOptions options = RedisAddress.Parse(text);
        Assert.Equal((user, password, database, tls), (options.User, options.Password, options.DefaultDatabase, options.Ssl));
        Assert.Equal(server, RedisAddress.Describe(text));
        Assert.DoesNotContain("cret", RedisAddress.Describe(text), StringComparison.Ordinal);
        Assert.Single(options.EndPoints);
    }

    [Theory]
    [InlineData("http://db:6379", "scheme is 'http'")]
    [InlineData("redis://db/first", "database is 'first'")]
    [InlineData("redis://db?timeout=1", "'?'")]
    [InlineData("redis://", "no URL of Redis")]
    [InlineData("db:1,nonsense=1", "HOST:PORT")]
    public void What_is_none_is_refused_with_the_form_it_takes(string text, string told) =>
        Assert.Contains(told, Assert.Throws<FormatException>(() => RedisAddress.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_password_is_not_shown_even_of_an_address_that_cannot_be_read() =>
        Assert.Equal("db/first", RedisAddress.Describe("redis://u:secret@db/first"));
}
