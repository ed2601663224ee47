using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Tests;

/// <summary>The queue on a primary with a replica, found by a sentinel, while the primary is killed.</summary>
public sealed class FailOverTests
{
    [RedisFact]
    public async Task What_replicas_confirm_is_there_after_a_fail_over_and_each_item_is_stored_exactly_once()
    {
        using SentinelRig redis = await SentinelRig.StartAsync();
        await using IndexRig rig = await IndexRig.StartAsync(redis.Address, replicas: 1);
        const int Items = 1_500;
        Task<IndexJob> submitting = rig.SubmitAsync("a", Items);
        await rig.WorkAsync();
        await rig.WorkAsync();
        await IndexRig.UntilAsync(() => Task.FromResult(rig.Store.Rows.Length > 50), "some are stored");
        await redis.FailOverAsync();
        await redis.RepairAsync();

        Assert.Equal(Items, (await submitting).Total);
        JobStatus over = await rig.UntilOverAsync("a");
        Assert.Equal(("finished", (long)Items, 0L), (over.State, over.Done, over.Dead));
        Assert.Equal(
            IndexRig.Numbered(Items).Select(item => (item.Id, item.Number)),
            rig.Store.Rows.Select(row => (row.Id, Number(row))).OrderBy(row => row.Id, StringComparer.Ordinal));
    }

    [RedisTheory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_submission_that_no_replica_has_is_lost_with_its_primary_unless_it_waits_for_one(int replicas)
    {
        using SentinelRig redis = await SentinelRig.StartAsync();
        await using IndexRig rig = await IndexRig.StartAsync(redis.Address, replicas);
        await redis.CutReplicaAsync();
        Task<IndexJob> submitting = rig.SubmitAsync("a", 10);
        if (replicas == 0)
        {
            Assert.Equal(10, (await submitting).Total);
            await redis.FailOverAsync(() => redis.Replica.Signal("CONT"));
            await Assert.ThrowsAsync<IndexException>(() => rig.Service.FindAsync("a"));
            return;
        }
        await IndexRig.UntilAsync(
            async () => await rig.Database.KeyExistsAsync("vitgrid:index:job:a"), "the job is on the primary alone");
        Assert.False(submitting.IsCompleted, "the submission does not wait for the replica");
        await redis.FailOverAsync(() => redis.Replica.Signal("CONT"));
        await redis.RepairAsync();
        Assert.Equal(10, (await submitting).Total);
    }

    /// <summary>The image's number, by the ratio of the first two numbers of its normalised vector, (n + 2) to (n + 1).</summary>
    private static byte Number(SinkRow row) =>
        (byte)Math.Round((1 / ((row.Vector.Span[1] / row.Vector.Span[0]) - 1)) - 1);
}
