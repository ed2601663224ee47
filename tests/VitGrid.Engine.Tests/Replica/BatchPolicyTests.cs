using FsCheck.Xunit;
using VitGrid.Engine.Options;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.Replica;

public sealed class BatchPolicyTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Property(MaxTest = 500)]
    public bool Limits_accounts_and_batch_sizes_hold_whatever_happens(byte[] script) => PolicyScript.Play(script).Broken is null;

    [Property(MaxTest = 500)]
    public bool Every_accepted_item_leaves_exactly_once(byte[] script)
    {
        PolicyScript play = PolicyScript.Play(script);
        return play.Taken.Concat(play.Dropped).Select(waiting => waiting.Item).Order().SequenceEqual(
            play.Accepted.Select(waiting => waiting.Item));
    }

    [Property(MaxTest = 500)]
    public bool Within_a_lane_items_are_taken_in_the_order_they_came(byte[] script)
    {
        PolicyScript play = PolicyScript.Play(script);
        return new[] { Lane.Interactive, Lane.Bulk }.All(lane =>
        {
            IEnumerable<int> taken = play.Taken.Where(waiting => waiting.Lane == lane).Select(waiting => waiting.Item);
            return taken.SequenceEqual(taken.Order());
        });
    }

    [Property]
    public bool A_waiting_bulk_item_is_passed_by_at_most_its_weight_and_an_interactive_one_by_at_most_one(byte[] lanes, byte weight)
    {
        int most = (weight % 7) + 1;
        LaneQueue<int> queue = new(most);
        for (int i = 0; i < lanes.Length; i++)
            queue.Add(Item(i, lanes[i] % 2 == 0 ? Lane.Interactive : Lane.Bulk, TimeSpan.Zero));
        int left = lanes.Count(lane => lane % 2 != 0), interactiveLeft = lanes.Length - left, interactiveRun = 0, bulkRun = 0;
        bool held = true;
        while (queue.TryTake(TimeSpan.Zero, [], out Waiting<int> taken))
        {
            bool bulk = taken.Lane == Lane.Bulk;
            interactiveRun = bulk || left == 0 ? 0 : interactiveRun + 1;
            bulkRun = !bulk || interactiveLeft == 0 ? 0 : bulkRun + 1;
            held &= interactiveRun <= most && bulkRun <= 1;
            (left, interactiveLeft) = bulk ? (left - 1, interactiveLeft) : (left, interactiveLeft - 1);
        }
        return held;
    }

    [Fact]
    public void While_both_lanes_wait_each_bulk_item_follows_four_interactive_ones()
    {
        List<Lane> order = Drain(Filled(interactive: 40, bulk: 40), TimeSpan.Zero).Take(50).ToList();
        Assert.Equal(40, order.Count(lane => lane == Lane.Interactive));
        Assert.Equal([Lane.Interactive, Lane.Interactive, Lane.Interactive, Lane.Interactive, Lane.Bulk], order.Take(5));
    }

    [Fact]
    public void A_bulk_head_that_used_half_of_its_time_takes_every_second_turn()
    {
        List<Lane> order = Drain(Filled(interactive: 40, bulk: 40), Long / 2).Take(20).ToList();
        Assert.Equal(10, order.Count(lane => lane == Lane.Bulk));
    }

    [Fact]
    public void A_full_batch_leaves_at_once_and_an_unfilled_one_when_its_first_image_waited_the_delay()
    {
        BatchPolicy<int> policy = new(new() { MaxBatchSize = 2, MaxDelayMilliseconds = 10 }, new());
        Assert.Null(policy.DelayUntilBatch(TimeSpan.Zero));
        Assert.True(policy.TryAdd(Item(1, Lane.Bulk, Milliseconds(3))));
        Assert.Equal(Milliseconds(6), policy.DelayUntilBatch(Milliseconds(7)));
        Assert.Equal(TimeSpan.Zero, policy.DelayUntilBatch(Milliseconds(13)));
        Assert.True(policy.TryAdd(Item(2, Lane.Interactive, Milliseconds(7))));
        Assert.Equal(TimeSpan.Zero, policy.DelayUntilBatch(Milliseconds(7)));
    }

    [Fact]
    public void At_a_preferred_size_a_batch_leaves_and_the_rest_waits_for_its_delay()
    {
        BatchPolicy<int> policy = new(new() { MaxBatchSize = 8, PreferredSizes = [4], MaxDelayMilliseconds = 10 }, new());
        for (int i = 0; i < 6; i++)
            Assert.True(policy.TryAdd(Item(i, Lane.Bulk, TimeSpan.Zero)));
        Assert.Equal(TimeSpan.Zero, policy.DelayUntilBatch(Milliseconds(1)));
        Assert.Equal([0, 1, 2, 3], policy.Take(Milliseconds(1), []).Select(waiting => waiting.Item));
        Assert.Equal(Milliseconds(9), policy.DelayUntilBatch(Milliseconds(1)));
        Assert.Equal([4, 5], policy.Take(Milliseconds(10), []).Select(waiting => waiting.Item));
    }

    [Property]
    public bool An_interactive_image_shares_a_quarter_of_a_batch_with_bulk_ones_or_more_only_with_its_own(
        byte interactive, byte bulk, byte largest)
    {
        int most = (largest % 64) + 2;
        BatchPolicy<int> policy = new(new() { MaxBatchSize = most }, new());
        for (int i = 0; i < interactive + bulk; i++)
            policy.TryAdd(Item(i, i < interactive ? Lane.Interactive : Lane.Bulk, TimeSpan.Zero));
        int taken = policy.Take(TimeSpan.Zero, []).Count, full = Math.Min(most, interactive + bulk);
        return taken == (interactive == 0 || bulk == 0 ? full : Math.Min(full, Math.Max(interactive, (most + 3) / 4)));
    }

    [Fact]
    public void A_lone_interactive_image_leaves_with_the_next_batch_however_many_bulk_ones_wait()
    {
        BatchPolicy<int> policy = new(new() { MaxBatchSize = 8 }, new());
        for (int i = 0; i < 100; i++)
            policy.TryAdd(Item(i, Lane.Bulk, TimeSpan.Zero));
        Assert.Equal(8, policy.Take(TimeSpan.Zero, []).Count);
        policy.TryAdd(Item(100, Lane.Interactive, TimeSpan.Zero));
        Assert.Contains(policy.Take(TimeSpan.Zero, []), waiting => waiting.Lane == Lane.Interactive);
    }

    [Fact]
    public void For_thirty_two_batches_after_an_interactive_image_bulk_ones_fill_a_quarter_and_then_whole_batches_again()
    {
        BatchPolicy<int> policy = new(new() { MaxBatchSize = 8 }, new());
        for (int i = 0; i < 100; i++)
            policy.TryAdd(Item(i, Lane.Bulk, TimeSpan.Zero));
        policy.TryAdd(Item(100, Lane.Interactive, TimeSpan.Zero));
        int[] sizes = [.. Enumerable.Range(0, 34).Select(_ => policy.Take(TimeSpan.Zero, []).Count)];
        Assert.Equal([.. Enumerable.Repeat(2, 32), 8, 8], sizes);
    }

    [Fact]
    public void Interactive_images_among_themselves_fill_whole_batches()
    {
        BatchPolicy<int> policy = new(new() { MaxBatchSize = 8 }, new());
        for (int i = 0; i < 16; i++)
            policy.TryAdd(Item(i, Lane.Interactive, TimeSpan.Zero));
        Assert.Equal((8, 8), (policy.Take(TimeSpan.Zero, []).Count, policy.Take(TimeSpan.Zero, []).Count));
    }

    [Fact]
    public void Without_a_delay_a_single_image_leaves_at_once()
    {
        BatchPolicy<int> policy = new(new BatchingOptions(), new());
        Assert.True(policy.TryAdd(Item(1, Lane.Interactive, Milliseconds(3))));
        Assert.Equal(TimeSpan.Zero, policy.DelayUntilBatch(Milliseconds(3)));
    }

    private static TimeSpan Milliseconds(int count) => TimeSpan.FromMilliseconds(count);

    private static Waiting<int> Item(int item, Lane lane, TimeSpan since) =>
        new(item, lane, 1, since, since + Long, CancellationToken.None);

    private static LaneQueue<int> Filled(int interactive, int bulk)
    {
        LaneQueue<int> queue = new(4);
        for (int i = 0; i < interactive + bulk; i++)
            queue.Add(Item(i, i < interactive ? Lane.Interactive : Lane.Bulk, TimeSpan.Zero));
        return queue;
    }

    private static IEnumerable<Lane> Drain(LaneQueue<int> queue, TimeSpan now)
    {
        while (queue.TryTake(now, [], out Waiting<int> taken))
            yield return taken.Lane;
    }
}
