using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;

namespace VitGrid.Server.Tests.Hosting;

/// <summary>A wrong password, in every place in which one can stand, is in nothing that a process says.</summary>
public sealed class SecretTests
{
    private const string Secret = "s3cr3t-4711";

    public static TheoryData<string, string[]> Places => new()
    {
        { "queue by flag", ["--queue-redis", "redis://grid:SECRET@REDIS"] },
        { "queue by setting", ["--VitGrid:Indexing:Redis=REDIS,password=SECRET"] },
        { "queue by file", ["--queue-redis", "REDIS", "--VitGrid:Indexing:RedisPasswordFile=FILE"] },
        { "grid by flag", ["--redis", "redis://:SECRET@REDIS"] },
        { "grid by setting", ["--VitGrid:Cluster:Redis=REDIS,user=grid,password=SECRET"] },
        { "front end", ["--role", "api", "--redis", "REDIS,password=SECRET"] },
        { "front end by file", ["--role", "api", "--redis", "REDIS", "--VitGrid:Cluster:RedisPasswordFile=FILE"] },
        { "cache", ["--VitGrid:Cache:Redis=redis://SECRET@REDIS"] },
        { "two at once", ["--redis", "redis://:SECRET@REDIS", "--VitGrid:Cluster:RedisPasswordFile=FILE"] },
        { "store of objects", ["--VitGrid:Indexing:S3:Endpoint=https://key:SECRET@store.example.org"] },
        { "malformed", ["--redis", "redis://:SECRET/x@REDIS?y=1"] },
        { "a section", ["--VitGrid:Cluster=redis://:SECRET@REDIS"] },
        { "a wrong name", ["--VitGrid:Cluster:RedisPassword=SECRET"] },
        { "a wrong flag", ["--queue-redsi", "redis://:SECRET@REDIS"] },
    };

    [RedisTheory]
    [MemberData(nameof(Places))]
    public async Task A_server_that_is_refused_or_does_not_start_never_says_the_password(string place, string[] arguments)
    {
        using TemporaryFolder folder = new();
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(folder.Root, "--requirepass", "another");
        using StartedProcess _ = redis;
        File.WriteAllText(folder.At("password"), Secret);
        string[] given = [.. arguments.Select(argument => argument.Replace("SECRET", Secret, StringComparison.Ordinal)
            .Replace("REDIS", address, StringComparison.Ordinal).Replace("FILE", folder.At("password"), StringComparison.Ordinal))];
        using StartedProcess server = StartedProcess.VitGrid(
            [("Logging__LogLevel__Default", "Information")], ["serve", "--urls", "http://127.0.0.1:0", .. given, "--verbose"]);
        await server.SaysRefusalAsync();
        server.Terminate();
        await server.ExitAsync();
        Assert.False(server.Said.Contains(Secret, StringComparison.Ordinal), $"{place}: {server.Said}");
        Assert.NotEqual("", server.Said);
    }

    [RedisFact]
    public async Task No_verb_says_the_password_with_which_it_was_refused()
    {
        using TemporaryFolder folder = new();
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(folder.Root, "--requirepass", "another");
        using StartedProcess _ = redis;
        string url = $"redis://grid:{Secret}@{address}";
        string[][] verbs =
        [
            ["index", "status", "--queue-redis", url],
            ["index", "submit", folder.Root, "--model", "m", "--sink", $"pgvector:Host=db;Password={Secret};table=t", "--queue-redis", url],
            ["index", "submit", folder.Root, "--model", "m", "--sink", $"Host=db;Password={Secret}", "--queue-redis", url],
            ["cluster", "status", "--redis", url],
            ["cache", "stats", "--redis", url],
        ];
        foreach (string[] verb in verbs)
        {
            using StartedProcess run = StartedProcess.VitGrid([.. verb, "--verbose"]);
            Assert.NotEqual(0, await run.ExitAsync());
            Assert.False(run.Said.Contains(Secret, StringComparison.Ordinal), $"{string.Join(' ', verb)}: {run.Said}");
        }
    }
}
