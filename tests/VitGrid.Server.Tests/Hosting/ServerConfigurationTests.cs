using System.CommandLine;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Verbs.Serve;

namespace VitGrid.Server.Tests.Hosting;

public sealed class ServerConfigurationTests
{
    [Fact]
    public void The_flag_redis_is_for_the_grid_and_for_the_cache() => Assert.Equal(("h:1", "h:1"), Redis("--redis", "h:1"));

    [Theory]
    [InlineData("other:2", "other:2")]
    [InlineData("", null)]
    public void What_a_flag_implies_yields_to_a_setting_also_to_an_empty_one(string setting, string? expected) =>
        Assert.Equal(("h:1", expected), Redis("--redis", "h:1", $"--VitGrid:Cache:Redis={setting}"));

    private static (string? Cluster, string? Cache) Redis(params string[] arguments)
    {
        Command verb = new("serve") { TreatUnmatchedTokensAsErrors = false };
        ServeFlags flags = new();
        flags.AddTo(verb);
        ServeSettings settings = flags.Read(verb.Parse(arguments));
        ServerOptions options = OptionsReader.Read(ServerConfiguration.Load(settings.Configuration, settings.Implied));
        return (options.Cluster.Redis, options.Cache.Redis);
    }
}
