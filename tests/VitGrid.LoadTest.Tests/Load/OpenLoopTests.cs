using System.Collections.Concurrent;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Measure;
using VitGrid.LoadTest.Images;

namespace VitGrid.LoadTest.Tests.Load;

/// <summary>Coordinated omission: a server that stands still must show in the percentiles.</summary>
public sealed class OpenLoopTests
{
    private static readonly TimeSpan Ten = TimeSpan.FromSeconds(10);
    private static readonly ImageSet Images = ImageSet.Draw(ImageKind.ParseMix("png:1x1"), seed: 1);

    [Fact]
    public async Task A_stall_of_two_seconds_is_charged_for_every_request_that_came_meanwhile()
    {
        // 100 a second for ten seconds, nobody served from the fourth second to the sixth: a fifth of all waited, evenly up to two seconds.
        Waits waits = await RunAsync(new(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(6)));

        Assert.Equal(1_000, waits.Count);
        Assert.InRange(waits.At(50), 0.9, 1.1);
        Assert.InRange(waits.At(90), 900, 1_200);
        Assert.InRange(waits.At(99), 1_800, 1_950);
        Assert.InRange(waits.At(100), 1_990, 2_010);
    }

    [Fact]
    public async Task Without_a_stall_every_request_takes_its_time()
    {
        Waits waits = await RunAsync(new(Ten, Ten));
        Assert.InRange(waits.At(100), 0.9, 1.1);
    }

    [Fact]
    public async Task A_request_beyond_the_bound_is_not_sent_and_counts_as_such()
    {
        ConcurrentQueue<Attempt> ended = [];
        TaskCompletionSource<Answer> never = new();
        LoadClock clock = new(() => TimeSpan.Zero, (_, _) => ValueTask.CompletedTask);
        OpenLoop loop = new(new(Images, new(), 1), _ => never.Task, clock, ended.Enqueue);
        Task run = loop.RunAsync(
            Enumerable.Range(0, OpenLoop.MaxUnderWay + 3).Select(_ => new Arrival(TimeSpan.Zero, 0)), CancellationToken.None);

        Assert.Equal(3, ended.Count);
        Assert.All(ended, attempt => Assert.Equal(Ending.NotSent, attempt.Answer.Ending));
        never.SetResult(new(Ending.Answered, 1));
        await run;
        Assert.Equal(OpenLoop.MaxUnderWay + 3, ended.Count);
    }

    /// <summary>
    /// On a thread without a context, so that what an answer sets off has happened when <see cref="VirtualServer.MoveTo"/> returns.
    /// </summary>
    private static Task<Waits> RunAsync(VirtualServer server) => Task.Run(async () =>
    {
        Waits waits = new();
        OpenLoop loop = new(new(Images, new(), 1), server.SendAsync, server.Clock, attempt => waits.Add(attempt.Latency));
        Task run = loop.RunAsync(Arrivals.From([new(100, Ten)], ArrivalProcess.Fixed, 1), CancellationToken.None);
        server.MoveTo(2 * Ten);
        await run;
        return waits;
    });
}
