using System.Collections.Concurrent;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Remote;

/// <summary>A front end and a head in two processes.</summary>
public sealed class ImageWireTests
{
    private static readonly TimeSpan Queue = TimeSpan.FromMilliseconds(3), Infer = TimeSpan.FromMilliseconds(4);

    private readonly TaskCompletionSource<CancellationToken> _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentBag<Pixels> _received = [];
    private readonly TaskCompletionSource _unwanted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_of_many_images_gets_its_own_answer(bool unixSocket)
    {
        await using WireNode frontEnd = new("front-end", unixSocket), head = new("head", unixSocket);
        head.Head = (order, _) =>
        {
            Pixels pixels = order.Pixels;
            _received.Add(pixels);
            return Task.FromResult(new ImageAnswer([pixels.Memory.Span[0], pixels.Memory.Length, order.Layer], Queue, Infer));
        };
        ImageAnswer[] answers = await Task.WhenAll(
            Enumerable.Range(1, 40).Select(i => EmbedAsync(frontEnd, head, (byte)i, bytes: 1_000 * i)));
        for (int i = 1; i <= 40; i++)
            Assert.Equal([i, 1_000 * i, 4], answers[i - 1].ClsThenMean);
        Assert.Equal((Queue, Infer), (answers[0].Queue, answers[0].Infer));
        Assert.Equal(40, _received.Count);
        AwaitLetGo();
    }

    [Fact]
    public async Task The_head_knows_the_request_and_the_tenant_of_an_image()
    {
        await using WireNode frontEnd = new("front-end"), head = new("head");
        (string?, string)? known = null;
        head.Head = (order, _) =>
        {
            known = (order.RequestId, order.Tenant);
            return Task.FromResult(new ImageAnswer([1], Queue, Infer));
        };
        using Pixels pixels = Pixels.Rent(1, Nothing.Instance);
        await new RemoteReplicaHead(WireNode.Layout(head), frontEnd.Images).EmbedAsync(
            Order(pixels) with { RequestId = "r-1", Tenant = "key-7" }, CancellationToken.None).WaitAsync(Waits.Limit);
        Assert.Equal(("r-1", "key-7"), known);
        await EmbedAsync(frontEnd, head);
        Assert.Equal("", known!.Value.Item2);
    }

    [Fact]
    public async Task A_refusal_keeps_its_fault_and_its_words()
    {
        await using WireNode frontEnd = new("front-end"), head = new("head");
        head.Head = (_, _) => throw new GridException(GridFault.Overloaded, "the queue is full");
        GridException refused = await Assert.ThrowsAsync<GridException>(() => EmbedAsync(frontEnd, head));
        Assert.Equal((GridFault.Overloaded, "the queue is full"), (refused.Fault, refused.Message));
    }

    [Fact]
    public async Task A_failure_that_is_no_refusal_means_that_another_replica_may_be_asked()
    {
        await using WireNode frontEnd = new("front-end"), head = new("head");
        await Assert.ThrowsAsync<ReplicaLostException>(() => EmbedAsync(frontEnd, head));
        head.Head = (_, _) => throw new TimeoutException("the grain did not answer");
        Assert.Equal("the grain did not answer",
            (await Assert.ThrowsAsync<ReplicaLostException>(() => EmbedAsync(frontEnd, head))).Message);
    }

    [Fact]
    public async Task A_cancelled_image_is_cancelled_at_the_head()
    {
        await using WireNode frontEnd = new("front-end"), head = new("head");
        head.Head = WaitAsync;
        using CancellationTokenSource leaves = new();
        Task<ImageAnswer> image = EmbedAsync(frontEnd, head, cancellationToken: leaves.Token);
        await _arrived.Task.WaitAsync(Waits.Limit);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => image);
        await _unwanted.Task.WaitAsync(Waits.Limit);
        AwaitLetGo();
    }

    [Fact]
    public async Task When_the_head_goes_whoever_waits_may_ask_another_replica()
    {
        await using WireNode frontEnd = new("front-end"), head = new("head");
        head.Head = WaitAsync;
        ReplicaLayout layout = WireNode.Layout(head);
        Task<ImageAnswer> image = EmbedAsync(frontEnd, head);
        await _arrived.Task.WaitAsync(Waits.Limit);
        await head.DisposeAsync();
        await Assert.ThrowsAsync<ReplicaLostException>(() => image);
        using Pixels pixels = Pixels.Rent(1, Nothing.Instance);
        await Assert.ThrowsAsync<ReplicaLostException>(
            () => new RemoteReplicaHead(layout, frontEnd.Images).EmbedAsync(Order(pixels), default).WaitAsync(Waits.Limit));
    }

    [Fact]
    public async Task When_the_front_end_goes_its_images_are_no_longer_wanted()
    {
        await using WireNode frontEnd = new("front-end"), head = new("head");
        head.Head = WaitAsync;
        Task<ImageAnswer> image = EmbedAsync(frontEnd, head);
        await _arrived.Task.WaitAsync(Waits.Limit);
        await frontEnd.DisposeAsync();
        await _unwanted.Task.WaitAsync(Waits.Limit);
        await Assert.ThrowsAsync<ReplicaLostException>(() => image);
    }

    private static async Task<ImageAnswer> EmbedAsync(
        WireNode frontEnd, WireNode head, byte first = 1, int bytes = 1, CancellationToken cancellationToken = default)
    {
        using Pixels pixels = Pixels.Rent(bytes, Nothing.Instance);
        pixels.Memory.Span[0] = first;
        return await new RemoteReplicaHead(WireNode.Layout(head), frontEnd.Images).EmbedAsync(Order(pixels), cancellationToken).WaitAsync(
            Waits.Limit, CancellationToken.None);
    }

    private void AwaitLetGo() =>
        Assert.True(SpinWait.SpinUntil(() => !_received.Any(pixels => pixels.IsHeld), Waits.Limit), "the head never let go of an image");

    private static ImageOrder Order(Pixels pixels) => new(pixels, 4, Lane.Interactive, 1, Waits.Limit);

    private async Task<ImageAnswer> WaitAsync(ImageOrder order, CancellationToken cancellationToken)
    {
        _received.Add(order.Pixels);
        await using CancellationTokenRegistration registration = cancellationToken.Register(() => _unwanted.TrySetResult());
        _arrived.TrySetResult(cancellationToken);
        await Task.Delay(Waits.Limit, cancellationToken);
        throw new TimeoutException("nobody cancelled the image");
    }
}
