using VitGrid.Hub.Pulling;
using VitGrid.Testing;

namespace VitGrid.Hub.Tests;

/// <summary>A hub, a cache in a folder of its own, and pulls between them.</summary>
public abstract class HubTest : IAsyncLifetime
{
    internal PlayedHub Hub { get; private set; } = null!;

    internal string Cache { get; } = Directory.CreateTempSubdirectory("vitgrid-hub-").FullName;

    internal List<string> Said { get; } = [];

    /// <summary>Completes when a pull says that it waits for another one.</summary>
    internal TaskCompletionSource Waits { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal HubSettings Settings => new()
    {
        Cache = Cache, Endpoint = Hub.Endpoint, RetryDelay = TimeSpan.FromMilliseconds(1), Silence = TimeSpan.FromSeconds(20),
    };

    public async Task InitializeAsync() => Hub = await PlayedHub.StartAsync();

    public async Task DisposeAsync()
    {
        await Hub.DisposeAsync();
        Directory.Delete(Cache, recursive: true);
    }

    internal async Task<PullResult> PullAsync(
        string repository, HubSettings? settings = null, string revision = "main", string folder = "",
        Action<PullProgress>? progress = null, CancellationToken cancellation = default)
    {
        using HubPuller puller = new(settings ?? Settings) { Say = Tell };
        return await puller.PullAsync(repository, revision, folder, progress ?? (_ => { }), cancellation);
    }

    internal async Task<string> RefusedAsync(string repository, HubSettings? settings = null) =>
        (await Assert.ThrowsAsync<HubException>(() => PullAsync(repository, settings))).Message;

    internal static string[] Below(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    private void Tell(string line)
    {
        lock (Said)
            Said.Add(line);
        if (line == "another pull fetches model.safetensors: waiting for it")
            Waits.TrySetResult();
    }
}
