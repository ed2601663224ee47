using VitGrid.Cluster.Administration;
using VitGrid.Redis;
using VitGrid.Server.Verbs.Doctor;

namespace VitGrid.Server.Tests.Verbs;

/// <summary>What <c>doctor --cluster</c> makes of what a grid and its Redis tell.</summary>
public sealed class GridDoctorTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Queue", "maxmemory_policy:noeviction aof_enabled:1", 0, "Good", null)]
    [InlineData("Queue", "maxmemory_policy:allkeys-lfu aof_enabled:1", 0, "Missing", "noeviction")]
    [InlineData("Queue", "maxmemory_policy:noeviction aof_enabled:0", 0, "Optional", "appendonly yes")]
    [InlineData("Queue", "maxmemory_policy:noeviction aof_enabled:1 redis_mode:cluster", 0, "Missing", "Redis Cluster")]
    [InlineData("Queue", "maxmemory_policy:noeviction aof_enabled:1 connected_slaves:1", 0, "Optional", "ConfirmReplicas")]
    [InlineData("Queue", "maxmemory_policy:noeviction aof_enabled:1 connected_slaves:1", 1, "Optional", "min-replicas-to-write 1")]
    [InlineData("Queue", "maxmemory_policy:noeviction aof_enabled:1 connected_slaves:0", 1, "Missing", "ConfirmReplicas")]
    [InlineData("Queue", "maxmemory_policy:noeviction aof_enabled:1 connected_slaves:1 min_slaves_good_slaves:1", 1, "Good", null)]
    [InlineData("Cache", "maxmemory_policy:allkeys-lfu maxmemory:1000 aof_enabled:0", 0, "Good", null)]
    [InlineData("Cache", "maxmemory_policy:noeviction maxmemory:0", 0, "Optional", "set maxmemory")]
    [InlineData("Cache", "maxmemory_policy:noeviction maxmemory:1000", 0, "Optional", "allkeys-lfu")]
    [InlineData("Membership", "maxmemory_policy:noeviction aof_enabled:0", 0, "Optional", "appendonly yes")]
    [InlineData("Membership", "maxmemory_policy:noeviction aof_enabled:1", 0, "Good", null)]
    [InlineData("Membership", "maxmemory_policy:noeviction aof_enabled:1 redis_mode:cluster", 0, "Missing", "Redis Cluster")]
    [InlineData("Cache", "maxmemory_policy:allkeys-lfu maxmemory:1000 redis_mode:cluster", 0, "Good", null)]
    [InlineData("Keys", "maxmemory_policy:volatile-lru aof_enabled:1", 0, "Missing", "noeviction")]
    public void A_Redis_is_judged_by_what_it_holds(string use, string info, int replicas, string health, string? remedy)
    {
        RedisSurvey survey = new([("10.0.0.5:6379", RedisInfo.Parse(info.Replace(' ', '\n')))], null);
        Finding finding = Assert.Single(RedisChecks.Find(Enum.Parse<RedisUse>(use), survey, replicas));
        Assert.Equal(health, finding.Health.ToString());
        Assert.Contains("10.0.0.5:6379", finding.Subject, StringComparison.Ordinal);
        if (remedy is null)
            Assert.Null(finding.Remedy);
        else
            Assert.Contains(remedy, finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Redis_that_does_not_answer_is_missing_with_its_setting()
    {
        Finding finding = Assert.Single(RedisChecks.Find(RedisUse.Queue, new([], "it does not answer (UnableToConnect)")));
        Assert.Equal(Health.Missing, finding.Health);
        Assert.Contains("VitGrid:Indexing:Redis", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_grid_that_is_well_has_nothing_to_do() => Assert.All(
        GridChecks.Find(
            new([Worker("a"), Worker("b")], [new("m/0/1", "a/cpu:0", TimeSpan.FromMilliseconds(5), null)]), [FrontEnd("f")], Now),
        finding => Assert.Equal((Health.Good, null), (finding.Health, finding.Remedy)));

    [Fact]
    public void What_is_wrong_with_a_worker_or_replica_is_told_beside_its_name()
    {
        ExaminedProcess[] workers =
        [
            Worker("silent") with { Problem = "no answer within 10 s" },
            Worker("late") with { Ahead = TimeSpan.FromSeconds(-90) },
            Worker("old") with { Version = "0.0.9" },
            Worker("ending") with { Certificates = [("C", Now.AddDays(3))] },
            Worker("ended") with { Certificates = [("C", Now.AddDays(-1))] },
            Worker("full") with { Disks = [("spool", "/spool", 1_000, 2_000)] },
        ];
        Finding[] findings = [.. GridChecks.Find(new(workers, [new("m/0/1", "a/cpu:0", default, "its vector is 0.5 from …")]), [], Now)];
        Assert.Equal(
            ["worker silent", "clock of late", "certificate of ended", "replica m/0/1"],
            findings.Where(finding => finding.Health == Health.Missing).Select(finding => finding.Subject));
        Assert.Contains("certificate of ending", Optional(findings));
        Assert.Contains("disk of full", Optional(findings));
        Assert.Contains("worker old", Optional(findings));
        Assert.All(findings.Where(finding => finding.Health != Health.Good), finding => Assert.NotNull(finding.Remedy));
    }

    [Fact]
    public void What_is_wrong_with_a_front_end_is_told_beside_its_address()
    {
        ExaminedProcess[] frontEnds =
        [
            FrontEnd("away") with { Problem = "Connection refused" },
            FrontEnd("late") with { Ahead = TimeSpan.FromSeconds(-90) },
            FrontEnd("second") with { Ahead = TimeSpan.FromSeconds(-0.9) },
            FrontEnd("old") with { Version = "0.0.9" },
            FrontEnd("locked") with { Version = "" },
            FrontEnd("ended") with { Problem = "the certificate is not valid", Certificates = [("C", Now.AddDays(-1))] },
        ];
        Finding[] findings = [.. GridChecks.Find(new([Worker("a")], []), frontEnds, Now)];
        Assert.Equal(
            ["front end away", "clock of late", "front end ended", "certificate of ended"],
            findings.Where(finding => finding.Health == Health.Missing).Select(finding => finding.Subject));
        Assert.Contains("front end old", Optional(findings));
        Assert.Contains("VITGRID_API_KEY", Assert.Single(findings, finding => finding.Subject == "front end locked").Remedy);
        Assert.All(findings.Where(finding => finding.Health != Health.Good), finding => Assert.NotNull(finding.Remedy));
    }

    private static IEnumerable<string> Optional(Finding[] findings) =>
        findings.Where(finding => finding.Health == Health.Optional).Select(finding => finding.Subject);

    private static ExaminedProcess FrontEnd(string address) => new(address, null)
    {
        Version = "0.1.0",
        Took = TimeSpan.FromMilliseconds(4),
        Certificates = [("what clients are shown", Now.AddDays(200))],
    };

    private static ExaminedProcess Worker(string node) => new(node, null)
    {
        Version = "0.1.0",
        Took = TimeSpan.FromMilliseconds(4),
        Ahead = TimeSpan.FromMilliseconds(1),
        Certificates = [("VitGrid:Cluster:Tls:Certificate", Now.AddDays(200))],
        Disks = [("weights", "/models", 5_000, 10_000), ("spool", "/spool", 5L << 30, 10L << 30)],
    };
}
