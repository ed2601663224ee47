using FsCheck.Xunit;
using VitGrid.Engine.Options;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.Queueing;

public sealed class FairQueueTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly FairQueue<int> _queue = new();

    [Fact]
    public void Tenants_take_turns_however_much_one_of_them_has_waiting()
    {
        for (int i = 0; i < 100; i++)
            _queue.Add(Item(i, "flood"));
        for (int i = 100; i < 103; i++)
            _queue.Add(Item(i, "other"));
        Assert.Equal([0, 100, 1, 101, 2, 102, 3, 4], Drain().Take(8));
    }

    [Fact]
    public void A_tenant_that_comes_again_and_again_with_one_image_waits_for_one_image_of_each_other_at_most()
    {
        for (int i = 0; i < 20; i++)
            _queue.Add(Item(i, i % 2 == 0 ? "a" : "b"));
        for (int round = 0; round < 5; round++)
        {
            _queue.Add(Item(-1, "other"));
            Assert.Contains(-1, Drain().Take(3));
        }
    }

    [Fact]
    public void A_tenant_that_comes_anew_spends_the_turns_it_has_saved_first_and_no_more()
    {
        for (int i = 0; i < 60; i++)
            _queue.Add(Item(i, "flood"));
        Assert.Equal(Enumerable.Range(0, 20), Drain().Take(20));
        for (int i = 0; i < 20; i++)
            _queue.Add(Item(100 + i, "other"));
        Assert.Equal(FairQueue<int>.Burst, _queue.Ahead);
        Assert.Equal(Enumerable.Range(100, FairQueue<int>.Burst), Drain().Take(FairQueue<int>.Burst));
        Assert.Equal([20, 116, 21, 117, 22, 118], Drain().Take(6));
    }

    [Fact]
    public void Turns_that_others_take_meanwhile_are_saved_one_by_one()
    {
        for (int i = 0; i < 100; i++)
            _queue.Add(Item(i, "flood"));
        Assert.Equal(20, Drain().Take(20).Count());
        for (int i = 0; i < FairQueue<int>.Burst; i++)
            _queue.Add(Item(100, "other"));
        Assert.Equal(FairQueue<int>.Burst + 3, Drain().Take(FairQueue<int>.Burst + 3).Count());
        _queue.Add(Item(200, "other"));
        _queue.Add(Item(201, "other"));
        _queue.Add(Item(202, "other"));
        _queue.Add(Item(203, "other"));
        Assert.Equal(2, _queue.Ahead);
    }

    [Fact]
    public void Without_tenants_it_is_a_plain_queue()
    {
        for (int i = 0; i < 10; i++)
            _queue.Add(Item(i, ""));
        Assert.Equal(Enumerable.Range(0, 10), Drain());
    }

    [Fact]
    public void A_tenant_of_dear_items_gets_as_many_units_as_one_of_cheap_ones()
    {
        for (int i = 0; i < 40; i++)
        {
            _queue.Add(Item(i, "cheap"));
            _queue.Add(Item(100 + i, "dear") with { Cost = 4 });
        }
        int[] first = [.. Drain().Take(25)];
        Assert.Equal((20, 5), (first.Count(item => item < 100), first.Count(item => item >= 100)));
    }

    [Property(MaxTest = 500)]
    public bool Each_item_leaves_once_in_its_tenants_order_and_the_accounts_agree(byte[] script)
    {
        FairQueue<int> queue = new();
        List<Waiting<int>> waiting = [], dropped = [];
        bool held = true;
        for (int i = 0; i < script.Length; i++)
        {
            TimeSpan now = TimeSpan.FromMilliseconds(i);
            switch (script[i] % 4)
            {
                case 0 or 1:
                    Waiting<int> item = new(i, Lane.Bulk, script[i], now, now + TimeSpan.FromMilliseconds(script[i] / 4), default)
                    {
                        Tenant = $"{script[i] / 4 % 3}",
                        Cost = 1 + (script[i] % 3),
                    };
                    queue.Add(item);
                    waiting.Add(item);
                    break;
                case 2:
                    queue.DropDead(now, dropped);
                    break;
                default:
                    queue.DropDeadNext(now, dropped);
                    held &= dropped.All(dead => dead.IsDead(now) && waiting.Remove(dead));
                    dropped.Clear();
                    held &= queue.TryPeek(out Waiting<int> next) == queue.Held.Images > 0;
                    if (queue.Held.Images > 0)
                    {
                        Waiting<int> taken = queue.Dequeue();
                        held &= taken == next && !taken.IsDead(now) && taken == waiting.First(other => other.Tenant == taken.Tenant);
                        waiting.Remove(taken);
                    }
                    break;
            }
            held &= dropped.All(dead => dead.IsDead(now) && waiting.Remove(dead));
            dropped.Clear();
            held &= queue.Held == new Held(waiting.Count, waiting.Sum(other => other.Bytes))
                && queue.Tenants == waiting.Select(other => other.Tenant).Distinct().Count()
                && queue.HeldBy("1").Images == waiting.Count(other => other.Tenant == "1")
                && queue.OldestSince == (waiting.Count == 0 ? null : waiting.Min(other => other.Since))
                && queue.Ahead <= waiting.Count;
        }
        return held;
    }

    [Fact]
    public void A_tenant_that_sends_one_image_after_another_allocates_nothing_in_the_queue()
    {
        for (int i = 0; i < 100; i++)
            Pass("tenant-7");
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
            Pass("tenant-7");
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private void Pass(string tenant)
    {
        _queue.Add(Item(1, tenant));
        _queue.Dequeue();
    }

    private IEnumerable<int> Drain()
    {
        while (_queue.Held.Images > 0)
            yield return _queue.Dequeue().Item;
    }

    private static Waiting<int> Item(int item, string tenant) =>
        new(item, Lane.Interactive, 1, TimeSpan.Zero, Long, CancellationToken.None) { Tenant = tenant };
}
