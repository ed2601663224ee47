using System.CommandLine;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Tests.Verbs;
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

    [Fact]
    public void A_file_that_is_named_is_read_before_the_command_line_and_none_of_the_folder_one_stands_in_is()
    {
        using TemporaryFolder folder = new();
        string before = Directory.GetCurrentDirectory();
        File.WriteAllText(folder.At("appsettings.json"), """{"VitGrid":{"Cluster":{"Id":"theirs"},"Batching":{"MaxBatchSize":3}}}""");
        File.WriteAllText(folder.At("mine.json"), """{"VitGrid":{"Cluster":{"Id":"mine"}}}""");
        try
        {
            Directory.SetCurrentDirectory(folder.Root);
            Assert.Equal(("vitgrid", 8), Read(null) is var plain ? (plain.Cluster.Id, plain.Batching.MaxBatchSize) : default);
            Assert.Equal("mine", Read("mine.json").Cluster.Id);
            Assert.Equal("said", Read("mine.json", new KeyValuePair<string, string?>("VitGrid:Cluster:Id", "said")).Cluster.Id);
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }
    }

    [Fact]
    public void A_file_that_is_not_there_or_no_JSON_is_named()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.At("no.json"), "{");
        Assert.Contains("--config", Assert.Throws<OptionsException>(() => Read(folder.At("none.json"))).Message, StringComparison.Ordinal);
        Assert.Contains("no.json", Assert.Throws<OptionsException>(() => Read(folder.At("no.json"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_cache_in_the_memberships_Redis_is_reached_with_its_files_and_another_one_is_not()
    {
        KeyValuePair<string, string?>[] both = [new("VitGrid:Cluster:Redis", "h:1"), new("VitGrid:Cluster:RedisPasswordFile", "/p")];
        Assert.Equal("/p", Read(null, [.. both, new("VitGrid:Cache:Redis", "h:1")]).Cache.RedisPasswordFile);
        Assert.Null(Read(null, [.. both, new("VitGrid:Cache:Redis", "h:2")]).Cache.RedisPasswordFile);
    }

    private static ServerOptions Read(string? file, params KeyValuePair<string, string?>[] settings) =>
        OptionsReader.Read(ServerConfiguration.Load(file, settings));

    private static (string? Cluster, string? Cache) Redis(params string[] arguments)
    {
        Command verb = new("serve") { TreatUnmatchedTokensAsErrors = false };
        ServeFlags flags = new();
        flags.AddTo(verb);
        ServeSettings settings = flags.Read(verb.Parse(arguments));
        ServerOptions options = OptionsReader.Read(ServerConfiguration.Load(null, settings.Configuration, settings.Implied));
        return (options.Cluster.Redis, options.Cache.Redis);
    }
}
