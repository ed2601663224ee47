using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>The compose files as a grid; their grammar is checked by .ci/check-deploy.</summary>
public sealed class ComposeTests
{
    private static readonly Dictionary<string, ComposeService> Services = Read("compose.yaml").Services;

    public static TheoryData<string> Overrides => ["compose.gpu.yaml", "compose.mtls.yaml"];

    [Fact]
    public void A_grid_is_two_redis_one_front_end_and_two_workers()
    {
        Assert.Equal(["api", "index", "models", "queue", "redis", "worker-1", "worker-2"], Services.Keys.Order(StringComparer.Ordinal));
        Assert.Contains("api", Services["api"].Command);
        Assert.All(["worker-1", "worker-2"], name =>
        {
            Assert.Contains("worker", Services[name].Command);
            Assert.Equal(name, Services[name].Environment["VitGrid__Cluster__AdvertisedHost"]);
            Assert.Contains("models:/var/lib/vitgrid/models:ro", Services[name].Volumes);
        });
    }

    [Fact]
    public void Every_process_has_more_time_to_end_than_its_drain_takes() => Assert.All(["api", "worker-1", "worker-2"], name =>
    {
        int drain = int.Parse(Services[name].Environment["VitGrid__Shutdown__DrainMilliseconds"],
            System.Globalization.CultureInfo.InvariantCulture);
        int grace = int.Parse(Services[name].StopGracePeriod.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture) * 1_000;
        Assert.True(grace >= drain + 20_000, $"{name}: {grace} ms for a drain of {drain} ms");
    });

    [Fact]
    public void Only_the_front_end_is_published_and_only_on_loopback()
    {
        Assert.All(Services.Where(service => service.Key != "api"), service => Assert.Empty(service.Value.Ports));
        Assert.Equal(["127.0.0.1:8080:8080"], Services["api"].Ports);
        Assert.True(Read("compose.yaml").Networks["grid"].Internal);
        Assert.All(Services.Where(service => service.Key != "api"), service => Assert.Equal(["grid"], service.Value.Networks));
    }

    [Fact]
    public void Membership_survives_a_restart_of_redis()
    {
        Assert.Contains("--appendonly yes --appendfsync always", string.Join(' ', Services["redis"].Command), StringComparison.Ordinal);
        Assert.Contains("noeviction", Services["redis"].Command);
        Assert.Equal(["membership:/data"], Services["redis"].Volumes);
        Assert.All(["api", "worker-1", "worker-2"], name => Assert.Equal(
            "redis:6379", Services[name].Environment["VitGrid__Cluster__Redis"]));
    }

    [Fact]
    public void The_queue_survives_a_restart_and_front_end_and_workers_share_its_spool()
    {
        Assert.Contains("--appendonly yes --appendfsync always", string.Join(' ', Services["queue"].Command), StringComparison.Ordinal);
        Assert.Contains("noeviction", Services["queue"].Command);
        Assert.Equal(["queue:/data"], Services["queue"].Volumes);
        Assert.All(["api", "worker-1", "worker-2", "index"], name => Assert.Equal(
            "queue:6379", Services[name].Environment["VitGrid__Indexing__Redis"]));
        Assert.All(["api", "worker-1", "worker-2"], name =>
            Assert.Contains($"spool:{Services[name].Environment["VitGrid__Indexing__Spool"]}", Services[name].Volumes));
        Assert.All(["worker-1", "worker-2"], name =>
        {
            Assert.Contains($"vectors:{Services[name].Environment["VitGrid__Indexing__SinkRoots"]}", Services[name].Volumes);
            Assert.Equal(Services["index"].Volumes.Single(), Services[name].Volumes.Single(
                volume => volume.EndsWith($":{Services[name].Environment["VitGrid__Indexing__Roots"]}:ro", StringComparison.Ordinal)));
        });
        // A new volume takes its owner from the image's folder.
        Assert.All(["spool", "vectors"], folder => Assert.Equal(
            2, DeployFiles.Read("Dockerfile").Split($" /var/lib/vitgrid/{folder}").Length - 1));
    }

    [Theory]
    [MemberData(nameof(Overrides))]
    public void An_override_changes_services_that_exist(string file) => Assert.Empty(Read(file).Services.Keys.Except(Services.Keys));

    [Fact]
    public void With_certificates_no_process_may_speak_plaintext()
    {
        Dictionary<string, ComposeService> secured = Read("compose.mtls.yaml").Services;

        Assert.All(["api", "worker-1", "worker-2"], name =>
        {
            Assert.Equal("true", Services[name].Environment["VitGrid__Cluster__AllowPlaintext"]);
            Assert.Equal("false", secured[name].Environment["VitGrid__Cluster__AllowPlaintext"]);
            string folder = Assert.Single(secured[name].Volumes).Split(':')[^2];
            Assert.All(["Certificate", "Key", "Authority"], part =>
                Assert.StartsWith($"{folder}/", secured[name].Environment[$"VitGrid__Cluster__Tls__{part}"], StringComparison.Ordinal));
        });
    }

    /// <summary>Merge keys and anchors are resolved first: they lie in parts of the file that are passed over.</summary>
    private static ComposeFile Read(string file)
    {
        object? whole = new DeserializerBuilder().Build().Deserialize(
            new MergingParser(new Parser(new StringReader(DeployFiles.Read(file)))));
        string plain = new SerializerBuilder().DisableAliases().Build().Serialize(whole);
        return new DeserializerBuilder().IgnoreUnmatchedProperties().Build().Deserialize<ComposeFile>(plain);
    }

    private sealed class ComposeFile
    {
        [YamlMember(Alias = "services")]
        public Dictionary<string, ComposeService> Services { get; set; } = [];

        [YamlMember(Alias = "networks")]
        public Dictionary<string, ComposeNetwork> Networks { get; set; } = [];
    }

    private sealed class ComposeNetwork
    {
        [YamlMember(Alias = "internal")]
        public bool Internal { get; set; }
    }

    private sealed class ComposeService
    {
        [YamlMember(Alias = "command")]
        public List<string> Command { get; set; } = [];

        [YamlMember(Alias = "environment")]
        public Dictionary<string, string> Environment { get; set; } = [];

        [YamlMember(Alias = "networks")]
        public List<string> Networks { get; set; } = [];

        [YamlMember(Alias = "ports")]
        public List<string> Ports { get; set; } = [];

        [YamlMember(Alias = "stop_grace_period")]
        public string StopGracePeriod { get; set; } = "";

        [YamlMember(Alias = "volumes")]
        public List<string> Volumes { get; set; } = [];
    }
}
