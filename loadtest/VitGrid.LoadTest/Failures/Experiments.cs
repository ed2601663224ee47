using System.Diagnostics;
using System.Globalization;

namespace VitGrid.LoadTest.Failures;

/// <summary>The experiments, in the order in which they run.</summary>
internal static class Experiments
{
    private const int Cuts = 3;

    private static readonly TimeSpan KillGap = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan LeaveGap = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan StopGap = TimeSpan.FromSeconds(3.5);
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RedisTime = TimeSpan.FromSeconds(5);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Experiment> All { get; } =
    [
        new("kill-first", "SIGKILL to the worker of segment 0", KillGap, scene => EndAsync(scene, 0, "KILL")),
        new("kill-middle", "SIGKILL to the worker of segment 1", KillGap, scene => EndAsync(scene, 1, "KILL")),
        new("kill-last", "SIGKILL to the worker of segment 2", KillGap, scene => EndAsync(scene, 2, "KILL")),
        new("kill-all", "SIGKILL to all workers, started again at once", null, CrashAsync) { LeavesNobody = true },
        new("term", "SIGTERM to the worker of segment 1", LeaveGap, scene => EndAsync(scene, 1, "TERM")),
        new("stop", "SIGSTOP for 20 s to the worker of segment 1", StopGap, StopAsync),
        new("redis-kill", "SIGKILL to Redis, started again at once on its file", null, scene => RestartRedisAsync(scene, TimeSpan.Zero)),
        new("redis-stop", "SIGKILL to Redis, started again after 5 s", null, scene => RestartRedisAsync(scene, RedisTime)),
        new("cut", "all data connections reset, three times, one second apart", null, CutAsync),
        new("add", "a fourth worker joins", null, scene => { scene.Break(); scene.Grid.AddWorker(); return Task.CompletedTask; },
            RemoveLastAsync),
        new("roll", "SIGTERM to one worker after the other, each started again", LeaveGap, RollAsync),
        new("drain", "cluster drain of the worker of segment 1, then SIGTERM", LeaveGap, DrainAsync),
    ];

    /// <summary>Names of those that run on every change.</summary>
    public static IReadOnlyList<string> Short { get; } = ["kill-middle", "term", "cut", "roll"];

    private static async Task EndAsync(Scene scene, int segment, string signal)
    {
        Worker worker = await scene.HolderOfAsync(segment);
        await scene.EndAsync(worker, signal);
        await scene.StartAgainAsync(worker);
    }

    /// <summary>Nobody is left to find out that the others are gone.</summary>
    private static async Task CrashAsync(Scene scene)
    {
        foreach (Worker worker in scene.Grid.Workers)
            await scene.EndAsync(worker, "KILL");
        long started = Stopwatch.GetTimestamp();
        foreach (Worker worker in scene.Grid.Workers)
            worker.StartAgain();
        await scene.WaitUntilWholeAsync();
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        scene.Note(string.Create(CultureInfo.InvariantCulture, $"whole {seconds:F1} s after the first start"));
    }

    /// <summary>
    /// A worker that was declared dead meanwhile ends by itself when it wakes: the wait for the whole grid starts it again.
    /// </summary>
    private static async Task StopAsync(Scene scene)
    {
        Worker worker = await scene.HolderOfAsync(1);
        scene.Break();
        worker.Server.Process.Signal("STOP");
        await Task.Delay(StopTime, scene.Cancellation);
        worker.Server.Process.Signal("CONT");
    }

    private static async Task RestartRedisAsync(Scene scene, TimeSpan absence)
    {
        scene.Break();
        await scene.Grid.Redis.KillAsync(scene.Cancellation);
        await Task.Delay(absence, scene.Cancellation);
        await scene.Grid.Redis.StartAgainAsync(scene.Cancellation);
    }

    private static async Task CutAsync(Scene scene)
    {
        scene.Break();
        List<int> cut = [];
        for (int i = 0; i < Cuts; i++)
        {
            cut.Add(scene.Grid.Workers.Sum(worker => worker.CutData()));
            await Task.Delay(TimeSpan.FromSeconds(1), scene.Cancellation);
        }
        scene.Note($"connections cut: {string.Join(", ", cut)}");
    }

    private static async Task RemoveLastAsync(Scene scene)
    {
        await scene.Grid.RemoveAsync(scene.Grid.Workers[^1], scene.Cancellation);
        await scene.WaitUntilWholeAsync();
    }

    private static async Task RollAsync(Scene scene)
    {
        foreach (Worker worker in scene.Grid.Workers)
        {
            await scene.EndAsync(worker, "TERM");
            worker.StartAgain(scene.Grid.Server);
            await scene.WaitUntilWholeAsync();
        }
        if (scene.Grid.HasOtherBuild)
            await scene.RollApiAsync();
    }

    private static async Task DrainAsync(Scene scene)
    {
        Worker worker = await scene.HolderOfAsync(1);
        GridStatus status = await scene.Grid.StatusAsync(scene.Cancellation);
        NodeStatus node = status.NodeOf(worker.Id) ?? throw new InvalidOperationException($"{worker.Name} is not in the grid");
        scene.Break();
        await scene.Grid.DrainAsync(node.Node, scene.Cancellation);
        while (!worker.Server.Process.HasExited && (await scene.Grid.StatusAsync(scene.Cancellation)).Holds(node.Node))
            await Task.Delay(TimeSpan.FromMilliseconds(200), scene.Cancellation);
        await scene.EndAsync(worker, "TERM");
        await scene.StartAgainAsync(worker);
    }
}
