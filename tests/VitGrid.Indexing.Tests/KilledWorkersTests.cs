using StackExchange.Redis;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Tests;

/// <summary>An item that kills its workers is found out, whatever becomes of it between two of them.</summary>
public sealed class KilledWorkersTests
{
    private const int MaxDeliveries = 20;

    [RedisTheory]
    [InlineData("nothing")]
    [InlineData("parked")]
    [InlineData("released")]
    [InlineData("forgiven")]
    [InlineData("all")]
    public async Task Twenty_lost_workers_end_an_item_whatever_happens_between_two_of_them(string between)
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { MaxDeliveries = MaxDeliveries };
        await rig.SubmitAsync("a", 1);
        await KillAsync(rig, MaxDeliveries, between);
        await rig.WorkAsync();
        await rig.UntilOverAsync("a");
        DeadLetter letter = Assert.Single(await rig.DeadAsync("a"));
        Assert.Equal("killed_workers", letter.Code);
        Assert.Contains("20 workers were lost", letter.Message, StringComparison.Ordinal);
        Assert.Empty(rig.Store.Rows);
    }

    [RedisFact]
    public async Task One_lost_worker_less_and_the_item_is_done()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { MaxDeliveries = MaxDeliveries };
        await rig.SubmitAsync("a", 1);
        await KillAsync(rig, MaxDeliveries - 1, "all");
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("a");
        Assert.Equal((1, 0), (over.Done, over.Dead));
    }

    [RedisFact]
    public async Task Parking_and_returning_an_item_a_hundred_times_loses_no_worker()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("a", 1);
        for (int i = 0; i < 100; i++)
            Assert.Equal(1, (await RoundAsync(rig, new(rig.Connection, $"w{i}"), "parked", isClaim: false)).Deliveries);
    }

    [RedisFact]
    public async Task A_retry_by_hand_begins_anew()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { MaxDeliveries = 2 };
        await rig.SubmitAsync("a", 1);
        await KillAsync(rig, 2, "parked");
        await rig.WorkAsync();
        Assert.Equal(1, (await rig.UntilOverAsync("a")).Dead);
        Assert.Equal(1, await rig.Service.RetryAsync("a", CancellationToken.None));
        Assert.Equal((1, 0), (await rig.UntilOverAsync("a")) is var over ? (over.Done, over.Dead) : default);
    }

    [RedisTheory]
    [InlineData(null, 1)]
    [InlineData("0", 1)]
    [InlineData("7", 8)]
    [InlineData("-5", 1)]
    [InlineData("many", 1)]
    [InlineData("99999999999999999999", 1)]
    [InlineData("2147483647", 1_000_001)]
    public async Task An_entry_says_how_many_were_lost_before_and_one_of_an_earlier_build_says_nothing(string? lost, int deliveries)
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.Connection.EnsureGroupAsync();
        NameValueEntry[] fields = [new("job", "a"), new("id", "x"), new("uri", "y")];
        await rig.Database.StreamAddAsync(IndexKeys.Stream, lost is null ? fields : [.. fields, new("lost", lost)]);
        Assert.Equal(deliveries, Assert.Single(await new IndexQueue(rig.Connection, "w").ReadAsync(1)).Deliveries);
    }

    [RedisFact]
    public async Task What_an_earlier_build_has_parked_comes_back()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("a", 0);
        await rig.Database.StreamAddAsync(IndexKeys.Parked("a"), [new("id", "x"), new("uri", IndexRig.Image(3))]);
        await rig.Database.HashIncrementAsync(IndexKeys.Job("a"), "total");
        await rig.WorkAsync();
        Assert.Equal(1, (await rig.UntilOverAsync("a")).Done);
    }

    /// <summary>So many workers that have the item and are gone, between any two of them one that gives it back.</summary>
    private static async Task KillAsync(IndexRig rig, int workers, string between)
    {
        bool isClaim = false;
        for (int kill = 1; kill <= workers; kill++)
        {
            IndexItem item = await TakeAsync(new(rig.Connection, $"killed-{kill}"), isClaim);
            Assert.Equal(kill, item.Deliveries);
            isClaim = true;
            string what = between == "all" ? (string[])["parked", "released", "forgiven"] is var ways ? ways[kill % 3] : "" : between;
            if (what != "nothing" && kill < workers)
                isClaim = (await RoundAsync(rig, new(rig.Connection, $"passing-{kill}"), what, isClaim)) is var _ && what != "parked";
        }
    }

    /// <summary>A worker that has the item for a moment and gives it back.</summary>
    private static async Task<IndexItem> RoundAsync(IndexRig rig, IndexQueue worker, string what, bool isClaim)
    {
        IndexItem item = await TakeAsync(worker, isClaim);
        switch (what)
        {
            case "parked":
                await worker.DeferAsync("a", "the model is still being loaded", [item]);
                Assert.Equal(1, await new JobStore(rig.Connection, TimeProvider.System).UnparkAsync("a", CancellationToken.None));
                break;
            case "released":
                await worker.ReleaseAsync([item.Entry]);
                break;
            default:
                await worker.ForgiveAsync([item.Entry]);
                break;
        }
        return item;
    }

    private static async Task<IndexItem> TakeAsync(IndexQueue worker, bool isClaim) =>
        Assert.Single(isClaim ? await worker.ClaimAsync(TimeSpan.Zero, 1) : await worker.ReadAsync(1));
}
