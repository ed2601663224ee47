using System.Text.RegularExpressions;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>The compose files as a grid; their grammar is checked by .ci/check-deploy.</summary>
public sealed partial class ComposeTests
{
    private static readonly Dictionary<string, ComposeService> Services = ComposeFile.Read("compose.yaml").Services;

    public static TheoryData<string> Overrides => ["compose.gpu.yaml"];

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
        Assert.True(ComposeFile.Read("compose.yaml").Networks["grid"].Internal);
        Assert.All(Services.Where(service => service.Key != "api"), service => Assert.Equal(["grid"], service.Value.Networks));
    }

    [Fact]
    public void Membership_survives_a_restart_of_redis()
    {
        Assert.Contains("--appendonly yes --appendfsync always", string.Join(' ', Services["redis"].Command), StringComparison.Ordinal);
        Assert.Contains("--maxmemory-policy noeviction", Services["redis"].Command);
        Assert.Contains("membership:/data", Services["redis"].Volumes);
        Assert.All(["api", "worker-1", "worker-2"], name => Assert.Equal(
            "rediss://grid:@redis:6379", Services[name].Environment["VitGrid__Cluster__Redis"]));
    }

    [Fact]
    public void The_queue_survives_a_restart_and_front_end_and_workers_share_its_spool()
    {
        Assert.Contains("--appendonly yes --appendfsync always", string.Join(' ', Services["queue"].Command), StringComparison.Ordinal);
        Assert.Contains("--maxmemory-policy noeviction", Services["queue"].Command);
        Assert.Contains("queue:/data", Services["queue"].Volumes);
        Assert.All(["api", "worker-1", "worker-2", "index"], name => Assert.Equal(
            "rediss://queue:@queue:6379", Services[name].Environment["VitGrid__Indexing__Redis"]));
        Assert.All(["api", "worker-1", "worker-2"], name =>
            Assert.Contains($"spool:{Services[name].Environment["VitGrid__Indexing__Spool"]}", Services[name].Volumes));
        Assert.All(["worker-1", "worker-2"], name =>
        {
            Assert.Contains($"vectors:{Services[name].Environment["VitGrid__Indexing__SinkRoots"]}", Services[name].Volumes);
            Assert.Equal(Services["index"].Volumes[^1], Services[name].Volumes.Single(
                volume => volume.EndsWith($":{Services[name].Environment["VitGrid__Indexing__Roots"]}:ro", StringComparison.Ordinal)));
        });
        // A new volume takes its owner from the image's folder.
        Assert.All(["spool", "vectors"], folder => Assert.Equal(
            2, DeployFiles.Read("Dockerfile").Split($" /var/lib/vitgrid/{folder}").Length - 1));
    }

    [Theory]
    [MemberData(nameof(Overrides))]
    public void An_override_changes_services_that_exist(string file) =>
        Assert.Empty(ComposeFile.Read(file).Services.Keys.Except(Services.Keys));

    [Fact]
    public void Every_connection_is_TLS_every_Redis_has_users_and_nobody_may_speak_plaintext()
    {
        Assert.All(["api", "worker-1", "worker-2"], name =>
        {
            Dictionary<string, string> settings = Services[name].Environment;
            Assert.DoesNotContain("VitGrid__Cluster__AllowPlaintext", settings.Keys);
            string role = name == "api" ? "api" : "worker";
            Assert.Contains($"${{VITGRID_SECRETS:-./secrets}}/{role}-tls:/run/vitgrid/tls:ro", Services[name].Volumes);
            Assert.All(["Certificate", "Key", "Authority"], part =>
                Assert.StartsWith("/run/vitgrid/tls/", settings[$"VitGrid__Cluster__Tls__{part}"], StringComparison.Ordinal));
            Assert.All(["Cluster", "Indexing"], section =>
            {
                Assert.StartsWith("rediss://", settings[$"VitGrid__{section}__Redis"], StringComparison.Ordinal);
                Assert.StartsWith("/run/vitgrid/redis/", settings[$"VitGrid__{section}__RedisPasswordFile"], StringComparison.Ordinal);
                Assert.StartsWith("/run/vitgrid/redis/", settings[$"VitGrid__{section}__RedisAuthorityFile"], StringComparison.Ordinal);
            });
        });
        Assert.All(["redis", "queue"], name => Assert.Subset(
            Services[name].Command.ToHashSet(),
            new HashSet<string> { "--port 0", "--tls-port 6379", "--aclfile /run/redis/acl/users.acl" }));
    }

    [Fact]
    public void No_service_takes_more_than_its_part_of_the_machine_and_every_image_has_a_version() => Assert.All(Services, service =>
    {
        Assert.True(service.Value is { Pids: > 0, Memory: not null, Processors: not null, IsReadOnly: true }, service.Key);
        Assert.Matches(Version(), service.Value.Image);
    });

    [GeneratedRegex(@"[:-][0-9]+\.[0-9]+\.[0-9]+-[a-z]+\}\z")]
    private static partial Regex Version();
}
