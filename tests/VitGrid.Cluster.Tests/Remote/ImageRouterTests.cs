using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Models;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Remote;

/// <summary>One router; every replica has its head in this process unless it is said where.</summary>
public sealed class ImageRouterTests : IDisposable
{
    private readonly WireNode _here = new("here");
    private readonly ConcurrentQueue<ReplicaKey> _asked = new();
    private readonly ImageRouter _router;
    private readonly VectorRecalls _recalls = new();
    private Func<ReplicaKey, Task<float>> _answer = _ => Task.FromResult(1f);

    public ImageRouterTests() => _router = new(
        _here.Table, _here.Self, _here.Heads, _here.Images, _recalls, NullLogger<ImageRouter>.Instance);

    public void Dispose() => _here.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Fact]
    public async Task An_image_waits_for_a_table_in_which_a_replica_serves()
    {
        Task<ImageAnswer> image = EmbedAsync();
        Offer(1, Row(0, ReplicaState.Loading));
        Offer(2, Row(0, ReplicaState.Failed), Row(1, ReplicaState.Retiring));
        Assert.False(image.IsCompleted);
        Offer(3, Row(0, ReplicaState.Serving));
        await image;
        Assert.Equal(0, Assert.Single(_asked).Replica);
    }

    [Fact]
    public async Task A_lost_image_begins_again_with_another_replica_though_the_lost_one_is_the_idlest()
    {
        _answer = replica => replica.Replica == 0 ? throw new ReplicaLostException("gone") : Task.FromResult((float)replica.Replica);
        Offer(1, Row(0, ReplicaState.Serving, speed: 1_000), Row(1, ReplicaState.Serving, speed: 1));
        Assert.Equal(1f, Assert.Single((await EmbedAsync()).ClsThenMean));
        Assert.Equal([0, 1], _asked.Select(replica => replica.Replica));
    }

    [Fact]
    public async Task An_image_is_replayed_as_often_as_it_takes()
    {
        int left = 4;
        _answer = _ => left-- > 0 ? throw new ReplicaLostException("gone") : Task.FromResult(7f);
        Offer(1, Row(0, ReplicaState.Serving));
        Assert.Equal(7f, Assert.Single((await EmbedAsync()).ClsThenMean));
        Assert.Equal(5, _asked.Count);
    }

    [Fact]
    public async Task A_head_out_of_reach_is_as_good_as_lost()
    {
        WireNode gone = new("gone");
        ReplicaRow unreachable = Row(0, ReplicaState.Serving, speed: 1_000, at: gone.Address);
        await gone.DisposeAsync();
        Offer(1, unreachable, Row(1, ReplicaState.Serving, speed: 1));
        await EmbedAsync();
        Assert.Equal(1, Assert.Single(_asked).Replica);
    }

    [Fact]
    public async Task A_refusal_is_final()
    {
        _answer = _ => throw new GridException(GridFault.SegmentFailed, "broken");
        Offer(1, Row(0, ReplicaState.Serving), Row(1, ReplicaState.Serving));
        await Assert.ThrowsAsync<GridException>(EmbedAsync);
        Assert.Single(_asked);
    }

    [Fact]
    public async Task Only_its_cancellation_ends_an_image_that_finds_no_replica()
    {
        using CancellationTokenSource leaves = new();
        _answer = _ => throw new ReplicaLostException("gone");
        Task<ImageAnswer> nowhere = EmbedAsync(leaves.Token);
        Offer(1, Row(0, ReplicaState.Serving));
        Assert.True(SpinWait.SpinUntil(() => _asked.Count > 2, Waits.Limit), "the image was not tried again");
        Assert.False(nowhere.IsCompleted);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => nowhere);
    }

    [Fact]
    public async Task How_a_head_is_reached_is_chosen_once_for_an_incarnation_and_what_it_holds_counts_on_over_tables()
    {
        TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _answer = async _ =>
        {
            await open.Task;
            return 1f;
        };
        Offer(1, Row(0, ReplicaState.Serving), Row(1, ReplicaState.Serving));
        Task<ImageAnswer>[] before = [.. Enumerable.Range(0, 10).Select(_ => EmbedAsync())];
        Offer(2, Row(0, ReplicaState.Serving), Row(1, ReplicaState.Retiring), Row(2, ReplicaState.Serving));
        Task<ImageAnswer>[] after = [.. Enumerable.Range(0, 5).Select(_ => EmbedAsync())];
        Assert.Equal([5, 5, 5], Enumerable.Range(0, 3).Select(replica => _asked.Count(asked => asked.Replica == replica)));
        open.SetResult();
        await Task.WhenAll([.. before, .. after]);
    }

    [Fact]
    public async Task Images_spread_over_replicas_by_what_each_has_and_manages()
    {
        TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _answer = async _ =>
        {
            await open.Task;
            return 1f;
        };
        Offer(1, Row(0, ReplicaState.Serving, speed: 3), Row(1, ReplicaState.Serving, speed: 1));
        Task<ImageAnswer>[] images = [.. Enumerable.Range(0, 40).Select(_ => EmbedAsync())];
        Assert.InRange(_asked.Count(replica => replica.Replica == 0), 29, 31);
        open.SetResult();
        await Task.WhenAll(images);
    }

    private Task<ImageAnswer> EmbedAsync() => EmbedAsync(CancellationToken.None);

    private async Task<ImageAnswer> EmbedAsync(CancellationToken cancellationToken)
    {
        using Pixels pixels = NumberedPixels.From(1);
        return await _router.EmbedAsync("m", new(pixels, 4, Lane.Interactive, 1, Waits.Limit), cancellationToken).WaitAsync(
            Waits.Limit, CancellationToken.None);
    }

    private void Offer(long version, params ReplicaRow[] replicas) =>
        _here.Table.Offer(new(version, [new(new("m", "f", ""), ModelState.Ready, null, [.. replicas])], []));

    private ReplicaRow Row(int replica, ReplicaState state, double speed = 1, NodeAddress? at = null)
    {
        ReplicaKey key = new("m", replica, 5 + replica);
        if (at is null && _here.Heads.Find(key) is null)
            _here.Heads.Add(Head(key));
        return new(new(key, [new(0, 4, at ?? _here.Address, "cpu:0", 1)]), state, [StageState.Ready], speed);
    }

    /// <summary>A real head and batcher, whose only stage asks <see cref="_answer"/>.</summary>
    private LocalReplicaHead Head(ReplicaKey key)
    {
        LocalReplicaHead head = new(key, 100, _ => throw new NotSupportedException(), new(Waits.Limit));
        head.Attach(new(() => new("m", new() { Models = [], Batching = new() { MaxBatchSize = 1 } }, () => 100, RunAsync,
            PlayedMeters.Metrics(), TimeProvider.System)));
        return head;

        async Task<BatchAnswer> RunAsync(BatchOrder batch)
        {
            Array.ForEach(batch.Images, pixels => pixels.Dispose());
            _asked.Enqueue(key);
            return new([[await _answer(key)]]);
        }
    }
}
