using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Compatibility;

/// <summary>A folder and a Redis as the program of 3e75086 left them, and a server of today over both.</summary>
internal sealed class UpgradedServer : IDisposable
{
    public static readonly string[] Names = ["boat", "face", "fish", "house", "tree"];

    private static readonly string Written = GoldenFiles.PathOf("written-by-3e75086");

    private readonly TemporaryFolder _folder;
    private readonly StartedProcess _redis;
    private StartedProcess? _server;

    private UpgradedServer(TemporaryFolder folder, StartedProcess redis, string address) =>
        (_folder, _redis, Address) = (folder, redis, address);

    /// <summary>Of the Redis.</summary>
    public string Address { get; }

    public HttpClient Http { get; } = new();

    public string Sinks => _folder.At("sinks");

    /// <summary>Restores the keys of <paramref name="sample"/> and the folders that belong to them.</summary>
    public static async Task<UpgradedServer> RestoreAsync(string sample)
    {
        TemporaryFolder folder = new();
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(folder.Root);
        await RedisSample.RestoreAsync(address, Path.Combine(Written, $"{sample}.json"), folder.Root);
        Copy(Path.Combine(Written, $"{sample}-sinks"), folder.At("sinks"));
        Copy(Path.Combine(Written, $"{sample}-spool"), folder.At("spool"));
        Directory.CreateDirectory(folder.At("images"));
        foreach (string name in Names)
            File.Copy(ImageOf(name), folder.At("images", $"{name}.png"));
        return new(folder, redis, address);
    }

    public static string ImageOf(string name) => Path.Combine(GoldenFiles.Repository, "docs", "images", $"{name}.png");

    /// <summary>A file that an earlier program wrote, as it was.</summary>
    public static byte[] Read(params string[] path) => File.ReadAllBytes(Path.Combine([Written, .. path]));

    /// <summary>Puts a good image where the jobs found a broken one.</summary>
    public void Repair() => File.Copy(ImageOf("boat"), _folder.At("images", "broken.jpg"));

    public Task StartQueueAsync() => StartAsync(
        "--queue-redis", Address, $"--VitGrid:Indexing:Roots={_folder.At("images")}", $"--VitGrid:Indexing:SinkRoots={_folder.At("sinks")}",
        $"--VitGrid:Indexing:Spool={_folder.At("spool")}", "--VitGrid:Indexing:PartRows=8", "--VitGrid:Indexing:PartMilliseconds=100",
        "--VitGrid:Indexing:ClaimMilliseconds=1000");

    public Task StartCacheAsync(string format) => StartAsync(
        $"--VitGrid:Cache:Redis={Address}", $"--VitGrid:Cache:Format={format}", "--VitGrid:Cache:MemoryBytes=0",
        "--VitGrid:Cache:WaitMilliseconds=10000");

    /// <summary>A verb with the queue's address.</summary>
    public Task<VerbRun> IndexAsync(params string[] arguments) => VerbRun.RunAsync(["index", .. arguments, "--queue-redis", Address]);

    public void Dispose()
    {
        Http.Dispose();
        _server?.Dispose();
        _redis.Dispose();
        _folder.Dispose();
    }

    private async Task StartAsync(params string[] settings)
    {
        _server = StartedProcess.VitGrid(["serve", "--urls", "http://127.0.0.1:0", "--devices", "cpu:0", .. settings]);
        Http.BaseAddress = new(await _server.ReadyAsync());
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.Exists(from) ? Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories) : [])
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
