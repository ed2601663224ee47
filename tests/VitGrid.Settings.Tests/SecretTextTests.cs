namespace VitGrid.Settings.Tests;

/// <summary>Texts that people and logs see hold no secret.</summary>
public sealed class SecretTextTests
{
    [Theory]
    [InlineData("cache:6379,password=s3cr3t,ssl=true", "cache:6379,password=***,ssl=true")]
    [InlineData("Host=db;Password = \"s3cr3t; x\";table=t", "Host=db;Password = ***;table=t")]
    [InlineData("Host=db;Password = s3cr3t;table=t", "Host=db;Password = ***;table=t")]
    [InlineData("PWD=s3cr3t Database=d", "PWD=*** Database=d")]
    [InlineData("redis://:s3cr3t@cache:6379/1", "redis://***@cache:6379/1")]
    [InlineData("at rediss://grid:s3/cr3t@h@cache now", "at rediss://***@cache now")]
    [InlineData("http://user:s3cr3t@proxy/path", "http://***@proxy/path")]
    [InlineData("postgresql://u:s3cr3t@db/d", "postgresql://***@db/d")]
    [InlineData("Authorization: Bearer s3cr3t-0123", "Authorization: Bearer ***")]
    [InlineData("{\"password\": \"s3cr3t\"}", "{\"password\": ***}")]
    [InlineData("api-key=s3cr3t", "api-key=***")]
    public void A_secret_becomes_stars_wherever_it_stands(string text, string shown) => Assert.Equal(shown, SecretText.Hide(text));

    [Theory]
    [InlineData("'file:///photos/boat@2x.png' lies outside")]
    [InlineData("the password is wrong: correct password= and user=")]
    [InlineData("http://127.0.0.1:8080/v1/embeddings?user=a@b")]
    [InlineData("name the file in Indexing:RedisPasswordFile")]
    public void What_is_none_stays(string text) => Assert.Equal(text, SecretText.Hide(text));

    [Fact]
    public void A_long_text_takes_no_longer_than_its_length()
    {
        string text = new string('a', 1 << 20) + "://" + new string('b', 1 << 20);
        Assert.Equal(text, SecretText.Hide(text));
    }
}
