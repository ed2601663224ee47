using VitGrid.S3;

namespace VitGrid.Indexing.Tests.Archives;

/// <summary>Which server is asked, in which region.</summary>
public sealed class S3AddressTests
{
    [Theory]
    [InlineData("", null, "us-east-1")]
    [InlineData("AWS_REGION=eu-central-1", null, "eu-central-1")]
    [InlineData("AWS_REGION=a AWS_DEFAULT_REGION=b", null, "a")]
    [InlineData("AWS_DEFAULT_REGION=b", null, "b")]
    [InlineData("AWS_ENDPOINT_URL=https://a AWS_ENDPOINT_URL_S3=https://b", "https://b/", "us-east-1")]
    [InlineData("AWS_ENDPOINT_URL=https://a", "https://a/", "us-east-1")]
    [InlineData("AWS_ENDPOINT_URL=https://a AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", null, "us-east-1")]
    public void What_the_settings_do_not_say_is_found_as_other_tools_find_it(string environment, string? endpoint, string region)
    {
        S3Address address = S3Address.From(new() { Anonymous = true }, Lookup(environment));
        Assert.Equal((endpoint, region), (address.Endpoint?.AbsoluteUri, address.Region));
    }

    [Fact]
    public void Settings_come_before_the_environment()
    {
        S3Settings settings = new() { Anonymous = true, Endpoint = new("https://mine"), Region = "mine" };
        S3Address address = S3Address.From(settings, Lookup("AWS_ENDPOINT_URL=https://a AWS_REGION=b"));
        Assert.Equal(("https://mine/", "mine"), (address.Endpoint?.AbsoluteUri, address.Region));
    }

    [Theory]
    [InlineData("AWS_ENDPOINT_URL=http://store.example.org", "not encrypted")]
    [InlineData("AWS_ENDPOINT_URL=store.example.org", "no http or https address")]
    [InlineData("AWS_ENDPOINT_URL=https://k:s3cr3t@store.example.org", "without name, password")]
    public void An_endpoint_of_the_environment_is_judged_as_one_of_the_settings(string environment, string told)
    {
        S3Exception refused = Assert.Throws<S3Exception>(() => S3Address.From(new() { Anonymous = true }, Lookup(environment)));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_profile_that_is_not_there_is_named() => Assert.Contains(
        "there is no profile 'vitgrid-nobody'",
        Assert.Throws<S3Exception>(() => new S3Store(new() { Profile = "vitgrid-nobody" })).Message, StringComparison.Ordinal);

    private static Func<string, string?> Lookup(string environment)
    {
        Dictionary<string, string> variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return variables.GetValueOrDefault;
    }
}
