using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Remote;

/// <summary>A door and a head in two processes.</summary>
public sealed class ImageWireTests
{
    private static readonly TimeSpan Queue = TimeSpan.FromMilliseconds(3), Infer = TimeSpan.FromMilliseconds(4);

    private readonly TaskCompletionSource<CancellationToken> _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _unwanted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_of_many_images_gets_its_own_answer(bool unixSocket)
    {
        await using WireNode door = new("door", unixSocket), head = new("head", unixSocket);
        head.Batchers = (_, order, _) =>
        {
            using Pixels pixels = head.Pixels.Hold(order.Image);
            return Task.FromResult(new ImageAnswer([pixels.Memory.Span[0], pixels.Memory.Length, order.Layer], Queue, Infer));
        };
        ImageAnswer[] answers = await Task.WhenAll(Enumerable.Range(1, 40).Select(i => EmbedAsync(door, head, (byte)i, bytes: 1_000 * i)));
        for (int i = 1; i <= 40; i++)
            Assert.Equal([i, 1_000 * i, 4], answers[i - 1].ClsThenMean);
        Assert.Equal((Queue, Infer), (answers[0].Queue, answers[0].Infer));
        Assert.True(SpinWait.SpinUntil(() => head.Pixels.Count == 0, Waits.Limit), "the head never let go of an image");
    }

    [Fact]
    public async Task A_refusal_keeps_its_fault_and_its_words()
    {
        await using WireNode door = new("door"), head = new("head");
        head.Batchers = (_, _, _) => throw new GridException(GridFault.Overloaded, "the queue is full");
        GridException refused = await Assert.ThrowsAsync<GridException>(() => EmbedAsync(door, head));
        Assert.Equal((GridFault.Overloaded, "the queue is full"), (refused.Fault, refused.Message));
    }

    [Fact]
    public async Task A_failure_that_is_no_refusal_means_that_another_replica_may_be_asked()
    {
        await using WireNode door = new("door"), head = new("head");
        await Assert.ThrowsAsync<ReplicaLostException>(() => EmbedAsync(door, head));
        head.Batchers = (_, _, _) => throw new TimeoutException("the grain did not answer");
        Assert.Equal("the grain did not answer", (await Assert.ThrowsAsync<ReplicaLostException>(() => EmbedAsync(door, head))).Message);
    }

    [Fact]
    public async Task A_cancelled_image_is_cancelled_at_the_head()
    {
        await using WireNode door = new("door"), head = new("head");
        head.Batchers = WaitAsync;
        using CancellationTokenSource leaves = new();
        Task<ImageAnswer> image = EmbedAsync(door, head, cancellationToken: leaves.Token);
        await _arrived.Task.WaitAsync(Waits.Limit);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => image);
        await _unwanted.Task.WaitAsync(Waits.Limit);
        Assert.True(SpinWait.SpinUntil(() => head.Pixels.Count == 0, Waits.Limit), "the head never let go of the image");
    }

    [Fact]
    public async Task When_the_head_goes_whoever_waits_may_ask_another_replica()
    {
        await using WireNode door = new("door"), head = new("head");
        head.Batchers = WaitAsync;
        ReplicaLayout layout = WireNode.Layout(head);
        Task<ImageAnswer> image = EmbedAsync(door, head);
        await _arrived.Task.WaitAsync(Waits.Limit);
        await head.DisposeAsync();
        await Assert.ThrowsAsync<ReplicaLostException>(() => image);
        using Pixels pixels = door.Pixels.Rent(1, Nothing.Instance);
        await Assert.ThrowsAsync<ReplicaLostException>(
            () => door.Client.EmbedAsync(layout, Order(pixels), pixels, default).WaitAsync(Waits.Limit));
    }

    [Fact]
    public async Task When_the_door_goes_its_images_are_no_longer_wanted()
    {
        await using WireNode door = new("door"), head = new("head");
        head.Batchers = WaitAsync;
        Task<ImageAnswer> image = EmbedAsync(door, head);
        await _arrived.Task.WaitAsync(Waits.Limit);
        await door.DisposeAsync();
        await _unwanted.Task.WaitAsync(Waits.Limit);
        await Assert.ThrowsAsync<ReplicaLostException>(() => image);
    }

    private static async Task<ImageAnswer> EmbedAsync(
        WireNode door, WireNode head, byte first = 1, int bytes = 1, CancellationToken cancellationToken = default)
    {
        using Pixels pixels = door.Pixels.Rent(bytes, Nothing.Instance);
        pixels.Memory.Span[0] = first;
        return await door.Client.EmbedAsync(WireNode.Layout(head), Order(pixels), pixels, cancellationToken).WaitAsync(
            Waits.Limit, CancellationToken.None);
    }

    private static ImageOrder Order(Pixels pixels) => new(pixels.Id, 4, Lane.Interactive, 1, Waits.Limit);

    private async Task<ImageAnswer> WaitAsync(ReplicaKey replica, ImageOrder order, CancellationToken cancellationToken)
    {
        await using CancellationTokenRegistration registration = cancellationToken.Register(() => _unwanted.TrySetResult());
        _arrived.TrySetResult(cancellationToken);
        await Task.Delay(Waits.Limit, cancellationToken);
        throw new TimeoutException("nobody cancelled the image");
    }
}
