using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.Replica;

/// <summary>Batches of several tenants.</summary>
public sealed class TenantBatchTests
{
    private readonly BatchPolicy<int> _policy = new(new() { MaxBatchSize = 8 }, new() { MaxImages = 64 });

    [Theory]
    [InlineData(Lane.Interactive)]
    [InlineData(Lane.Bulk)]
    public void An_image_of_a_tenant_leaves_with_the_next_batch_however_many_another_has_waiting(Lane lane)
    {
        Add("flood", 40, lane);
        Assert.Equal(8, Take().Length);
        Add("other", 1, lane);
        Assert.Contains("other", Take());
    }

    [Fact]
    public void Tenants_that_all_wait_with_their_part_fill_whole_batches_half_each()
    {
        Add("a", 20, Lane.Interactive);
        Add("b", 20, Lane.Interactive);
        string[] batch = Take();
        Assert.Equal((4, 4), (batch.Count(tenant => tenant == "a"), batch.Count(tenant => tenant == "b")));
    }

    [Fact]
    public void While_a_tenant_sends_little_and_for_thirty_two_batches_after_batches_are_small()
    {
        Flood();
        Add("other", 1, Lane.Interactive);
        Assert.Equal(["other", "flood"], Take());
        int[] sizes = [.. Enumerable.Range(0, 33).Select(_ =>
        {
            Add("flood", 8, Lane.Interactive);
            return Take().Length;
        })];
        Assert.Equal([.. Enumerable.Repeat(2, 31), 8, 8], sizes);
    }

    [Fact]
    public void A_credit_stays_free_for_a_tenant_that_sends_little_while_anothers_backlog_is_worked_on()
    {
        Flood();
        Assert.Equal(0, _policy.KeptCredits);
        Add("other", 1, Lane.Interactive);
        Assert.Equal(0, _policy.KeptCredits);
        Take();
        Assert.Equal(1, _policy.KeptCredits);
    }

    [Fact]
    public void Its_images_gather_for_the_next_batch_until_they_fill_a_small_one()
    {
        Flood();
        Answer(perBatch: 40, perImage: 20);
        Add("other", 1, Lane.Interactive);
        Take();
        Add("other", 1, Lane.Interactive);
        Assert.Equal(1, _policy.KeptCredits);
        Add("other", 1, Lane.Interactive);
        Assert.Equal(0, _policy.KeptCredits);
        Assert.Equal(["other", "other"], Take());
    }

    [Fact]
    public void Where_each_image_takes_its_time_its_image_takes_the_credit_at_once()
    {
        Flood();
        Answer(perBatch: 0, perImage: 100);
        Add("other", 1, Lane.Interactive);
        Take();
        Assert.Equal(1, _policy.KeptCredits);
        Add("other", 1, Lane.Interactive);
        Assert.Equal(0, _policy.KeptCredits);
    }

    [Fact]
    public void In_the_bulk_lane_where_throughput_counts_batches_stay_whole()
    {
        Add("flood", 40, Lane.Bulk);
        Add("other", 1, Lane.Bulk);
        Assert.Equal(8, Take().Length);
    }

    [Fact]
    public void A_queue_that_one_tenant_has_filled_accepts_another_up_to_its_part()
    {
        int filled = Add("flood", 100, Lane.Interactive);
        Assert.Equal(48, filled);
        Assert.Equal(0, Add("flood", 1, Lane.Interactive));
        Assert.Equal(6, Add("other", 100, Lane.Interactive));
        Assert.Equal(54, _policy.Count);
    }

    [Fact]
    public void Where_a_large_batch_takes_no_longer_batches_stay_whole_and_a_credit_stays_free_all_the_same()
    {
        Flood();
        Answer(perBatch: 100, perImage: 1);
        Add("other", 1, Lane.Interactive);
        string[] batch = Take();
        Assert.Equal((8, "other", 1), (batch.Length, batch[0], _policy.KeptCredits));
    }

    [Fact]
    public void Where_each_image_takes_its_time_the_one_that_goes_first_goes_alone()
    {
        Flood();
        Answer(perBatch: 0, perImage: 100);
        Add("other", 1, Lane.Interactive);
        Assert.Equal(["other"], Take());
        Add("other", 3, Lane.Interactive);
        Assert.Equal(["other", "other", "other"], Take());
    }

    [Theory]
    [InlineData(0, 100, 1)]
    [InlineData(100, 0, 8)]
    [InlineData(100, 100, 7)]
    [InlineData(10, 100, 4)]
    public void A_tenant_alone_fills_batches_as_large_as_gain_anything(int perBatch, int perImage, int size)
    {
        Flood();
        Answer(perBatch, perImage);
        Assert.Equal(size, Take().Length);
    }

    [Fact]
    public void Where_nobody_says_for_whom_images_are_batches_are_as_large_as_they_may_be()
    {
        Answer(perBatch: 0, perImage: 100);
        Add("", 40, Lane.Interactive);
        Assert.Equal(8, Take().Length);
    }

    [Fact]
    public void One_of_thirty_two_small_batches_is_twice_as_large_so_that_it_shows_should_that_begin_to_gain()
    {
        Answer(perBatch: 0, perImage: 100);
        int[] sizes = [.. Enumerable.Range(0, 64).Select(_ =>
        {
            Add("flood", 8, Lane.Interactive);
            int taken = Take().Length;
            _policy.OnAnswered(taken, TimeSpan.FromMilliseconds(100 * taken));
            return taken;
        })];
        Assert.Equal((62, 2), (sizes.Count(size => size == 1), sizes.Count(size => size == 2)));
    }

    [Fact]
    public void Sizes_grow_again_once_a_batch_takes_as_long_however_large_it_is()
    {
        Answer(perBatch: 0, perImage: 100);
        int taken = 0;
        for (int i = 0; i < 1_000 && taken < 8; i++)
        {
            Add("flood", 8, Lane.Interactive);
            taken = Take().Length;
            _policy.OnAnswered(taken, TimeSpan.FromMilliseconds(100));
        }
        Assert.Equal(8, taken);
    }

    private void Answer(int perBatch, int perImage)
    {
        for (int size = 1; size <= 8; size++)
            _policy.OnAnswered(size, TimeSpan.FromMilliseconds(perBatch + (perImage * size)));
    }

    /// <summary>A backlog of a tenant that has no turns saved.</summary>
    private void Flood()
    {
        Add("flood", 40, Lane.Interactive);
        Assert.Equal((8, 8), (Take().Length, Take().Length));
        Add("flood", 16, Lane.Interactive);
    }

    private int Add(string tenant, int count, Lane lane) => Enumerable.Range(0, count).Count(i => _policy.TryAdd(
        new(i, lane, 1, TimeSpan.Zero, TimeSpan.FromHours(1), CancellationToken.None) { Tenant = tenant }));

    private string[] Take() => [.. _policy.Take(TimeSpan.Zero, []).Select(waiting => waiting.Tenant)];
}
