using StackExchange.Redis;

namespace VitGrid.Redis.Tests;

/// <summary>What stands in files beside an address.</summary>
public sealed class RedisLoginTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vitgrid-login-").FullName;

    [Theory]
    [InlineData("s3cret")]
    [InlineData("s3cret\n")]
    [InlineData("s3cret\r\n")]
    public void A_password_is_its_files_text_without_the_last_line_break(string text)
    {
        ConfigurationOptions options = RedisAddress.Parse("redis://grid:@cache:6380", new(PasswordFile: Write("password", text)));
        Assert.Equal(("grid", "s3cret"), (options.User, options.Password));
    }

    [Fact]
    public void Two_passwords_are_one_too_many_and_neither_is_told()
    {
        string message = Refused("cache,password=s3cret", new(PasswordFile: Write("password", "s3cond")));
        Assert.Contains("keep one of them", message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3c", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_or_empty_is_named()
    {
        Assert.Contains(_folder, Refused("cache", new(PasswordFile: Path.Combine(_folder, "none"))), StringComparison.Ordinal);
        Assert.Contains("is empty", Refused("cache", new(PasswordFile: Write("empty", "\n"))), StringComparison.Ordinal);
        Assert.Contains("cannot be read from", Refused(
            "rediss://cache", new(AuthorityFile: Path.Combine(_folder, "none"))), StringComparison.Ordinal);
        Assert.Contains("cannot be read from", Refused(
            "rediss://cache", new(AuthorityFile: Write("no.pem", "no certificate"))), StringComparison.Ordinal);
    }

    [Fact]
    public void An_authority_without_TLS_is_a_contradiction() => Assert.Contains(
        "without TLS", Refused("redis://cache", new(AuthorityFile: Write("ca.pem", "x"))), StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Refused(string address, RedisLogin login) =>
        Assert.Throws<FormatException>(() => RedisAddress.Parse(address, login)).Message;

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
