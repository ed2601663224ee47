using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Models;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Transport;

namespace VitGrid.Cluster.Tests.Remote;

/// <summary>What a peer could send to be believed, and is not. Numbers are those of issue 15, point 3.</summary>
public sealed class ForgedFrameTests
{
    private static readonly TimeSpan Long = Waits.Limit;

    private readonly TaskCompletionSource<ImageOrder> _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ImageAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task An_answer_on_another_link_than_the_one_that_was_asked_is_not_taken()
    {
        await using WireNode door = new("door"), head = new("head"), liar = new("liar", handler: (_, _) => ValueTask.CompletedTask);
        head.Head = AnswerLaterAsync;
        Task<ImageAnswer> image = EmbedAsync(door, head);
        await _arrived.Task.WaitAsync(Long);
        // The liar even knows every id that counts, and was asked for something else.
        Link other = await door.Peers.LinkAsync(liar.Address, default);
        for (int id = 0; id < 60; id++)
            await door.Images.OnAnswer(other, new(FrameKinds.Answer, door.Frames.Write(new AnswerHeader(id, default, default)), Body(9)));
        Assert.False(image.IsCompleted);
        _answer.SetResult(new([1, 2], default, default));
        float[] answered = (await image).ClsThenMean;
        Assert.Equal([1, 2], answered);
    }

    [Fact]
    public async Task Half_an_id_does_not_do_on_a_link_whose_peer_knows_whole_ones()
    {
        await using WireNode door = new("door");
        long low = 0;
        // A head that answers every image with the lower half of its id first.
        await using WireNode head = new("head", handler: async (link, frame) =>
        {
            if (frame.Kind != FrameKinds.Image)
                return;
            using NativeBuffer? body = frame.Body;
            ExchangeId id = door.Frames.Read<ImageHeader>(frame).Order.Exchange;
            low = id.Low;
            await link.SendAsync(FrameKinds.Answer, door.Frames.Write(new AnswerHeader(id.Low, default, default)), new byte[8]);
            await link.SendAsync(FrameKinds.Answer, door.Frames.Write(new AnswerHeader(id.Low, default, default) { ImageHigh = id.High }),
                Floats(3, 4));
        });
        float[] answered = (await EmbedAsync(door, head)).ClsThenMean;
        Assert.Equal([3, 4], answered);
        Assert.NotInRange(low, 0, 1_000);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(0, false)]
    [InlineData(2, true)]
    public async Task A_vector_of_wrong_length_is_asked_for_elsewhere_and_one_with_NaN_refused(int vectors, bool isNaN)
    {
        await using WireNode door = new("door"), head = new("head");
        ModelInfo model = ModelInfo.From("m", TinyFacts.Create(), ModelState.Ready);
        door.Models.Publish(model);
        float[] answer = new float[vectors * model.Dimensions];
        if (isNaN)
            answer[^1] = float.NaN;
        head.Head = (_, _) => Task.FromResult(new ImageAnswer(answer, default, default));
        Exception refused = await Assert.ThrowsAnyAsync<Exception>(() => EmbedAsync(door, head));
        Assert.IsType(isNaN ? typeof(GridException) : typeof(ReplicaLostException), refused);
    }

    [Theory]
    [InlineData(1, 4, "bytes of pixels")]
    [InlineData(0, -1, "layer")]
    [InlineData(0, 99, "layer")]
    public async Task An_image_that_would_fail_its_batch_is_refused_by_itself(int tooMany, int layer, string reason)
    {
        await using WireNode door = new("door"), head = new("head");
        ModelInfo model = ModelInfo.From("m", TinyFacts.Create(), ModelState.Ready);
        head.Models.Publish(model);
        head.Head = (_, _) => Task.FromResult(new ImageAnswer([1, 2], default, default));
        GridException refused = await Assert.ThrowsAsync<GridException>(
            () => EmbedAsync(door, head, model.InputSize.PixelBytes + tooMany, layer));
        Assert.Equal(GridFault.InvalidRequest, refused.Fault);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        float[] answered = (await EmbedAsync(door, head, model.InputSize.PixelBytes)).ClsThenMean;
        Assert.Equal([1, 2], answered);
    }

    [Theory]
    [InlineData(64 << 10)]
    [InlineData(1 << 20)]
    public async Task Fields_within_fields_end_their_link_and_nothing_else(int bytes)
    {
        await using WireNode first = new("first"), second = new("second");
        first.Friends.Add("second");
        byte[] nested = new byte[bytes];
        // A field that begins an object, whose first field does, and so on.
        Array.Fill(nested, (byte)0x20);
        bool isBody = bytes > 64 << 10;
        await EndWithAsync(second, first, FrameKinds.Table, isBody ? default : nested.AsMemory(0, 60_000), isBody ? nested : default);
        foreach (ushort kind in (ushort[])[FrameKinds.Image, FrameKinds.Batch, FrameKinds.Answer])
        {
            Assert.Throws<InvalidDataException>(() => first.Frames.Read<ImageHeader>(new(kind, nested, null)));
            Assert.Throws<InvalidDataException>(() => first.Frames.Read<GridTable>(new(kind, nested, null)));
        }
        first.Table.Offer(new(7, [], []));
        await second.Peers.LinkAsync(first.Address, default);
        Assert.Equal(7, (await second.TableAboveAsync(6)).Version);
    }

    [Fact]
    public async Task Depth_is_refused_from_one_level_above_the_limit_on()
    {
        await using WireNode node = new("node");
        byte[] allowed = Nested(FieldDepth.Max), tooDeep = Nested(FieldDepth.Max + 1);
        Assert.DoesNotContain("others", Record.Exception(() => node.Frames.Read<ImageHeader>(new(1, allowed, null)))?.Message ?? "",
            StringComparison.Ordinal);
        Assert.Contains($"more than {FieldDepth.Max}", Assert.Throws<InvalidDataException>(
            () => node.Frames.Read<ImageHeader>(new(1, tooDeep, null))).Message, StringComparison.Ordinal);

        static byte[] Nested(int levels) => [.. Enumerable.Repeat((byte)0x20, levels), .. Enumerable.Repeat((byte)0xE0, levels)];
    }

    [Fact]
    public async Task A_table_from_a_stranger_is_passed_over()
    {
        await using WireNode worker = new("worker"), stranger = new("stranger");
        Link link = await stranger.Peers.LinkAsync(worker.Address, default);
        await link.SendAsync(FrameKinds.Table, stranger.Frames.Write(new GridTable(5, [], [])), default);
        // Frames are handled in order: once the image is there, the table was.
        worker.Head = (order, _) =>
        {
            _arrived.TrySetResult(order);
            return Task.FromResult(new ImageAnswer([1, 2], default, default));
        };
        await EmbedAsync(stranger, worker);
        Assert.Equal(0, worker.Table.Current.Version);
        Assert.False(link.Ended.IsCompleted);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MaxValue - 1)]
    [InlineData(1L << 60)]
    public async Task A_version_from_nowhere_is_refused_and_the_next_table_is_taken(long version)
    {
        await using WireNode worker = new("worker"), friend = new("friend");
        worker.Friends.Add("friend");
        await EndWithAsync(friend, worker, FrameKinds.Table, friend.Frames.Write(new GridTable(version, default, default)));
        Assert.Equal(0, worker.Table.Current.Version);
        Link again = await friend.Peers.LinkAsync(worker.Address, default);
        await again.SendAsync(FrameKinds.Table, friend.Frames.Write(new GridTable(TableOrder.First(1), [], [])), default);
        Assert.Equal(TableOrder.First(1), (await worker.TableAboveAsync(0)).Version);
    }

    [Fact]
    public async Task A_table_that_is_not_whole_changes_nothing()
    {
        await using WireNode worker = new("worker"), friend = new("friend");
        worker.Friends.Add("friend");
        GridTable[] broken =
        [
            new(5, default, []), new(5, [], default), new(5, [null!], []), new(5, [], [null!]), new(5, [], [new(null!, 1, false, [])]),
            new(5, [new(null!, ModelState.Ready, null, [])], []), new(5, [new(new("m", "f", "{"), ModelState.Ready, null, [])], []),
            new(5, [new(new("m", "f", "{}"), ModelState.Ready, null, [null!])], []),
        ];
        foreach (GridTable table in broken)
            await EndWithAsync(friend, worker, FrameKinds.Table, friend.Frames.Write(table));
        Assert.Equal(0, worker.Table.Current.Version);
    }

    [Fact]
    public async Task Vectors_of_a_batch_are_taken_from_the_stages_of_its_replica_alone()
    {
        await using WireNode head = new("head"), stage = new("stage"), other = new("other");
        ReplicaLayout layout = WireNode.Layout(head, stage);
        head.Friends.Add("other");
        LocalReplicaHead replica = new(layout.Key, layout.Window, _ => ValueTask.CompletedTask, new(Long));
        head.Heads.Add(replica);
        head.StagePeers.Open(layout, 0);
        Task<BatchAnswer> batch = replica.RunAsync(new([NumberedPixels.From(1)], [4]));
        Link link = await other.Peers.LinkAsync(head.Address, default);
        await link.SendAsync(FrameKinds.Pooled, other.Frames.Write(new PooledHeader(layout.Key, 1, [0])), Floats(6, 6));
        await link.Ended.WaitAsync(Long);
        Assert.False(batch.IsCompleted);
        await stage.Results.To(layout).ReturnAsync(new(1, [0], [[1f, 2f]]));
        float[] answered = (await batch.WaitAsync(Long)).ClsThenMean[0];
        Assert.Equal([1, 2], answered);
    }

    [Fact]
    public async Task A_batch_is_taken_from_the_stage_before_alone()
    {
        await using WireNode first = new("first"), second = new("second"), other = new("other");
        await using StageRig rig = new();
        second.Stages.Add(StageRig.Key, rig.Stage);
        second.StagePeers.Open(WireNode.Layout(first, second), 1);
        second.Friends.Add("other");
        Link link = await other.Peers.LinkAsync(second.Address, default);
        using (VitGrid.Runtime.Sessions.Activation hidden = PlayedSegment.Hidden(1))
        {
            BatchHeader header = new(StageRig.Key, 1, [4], hidden.Tokens, hidden.Width, (int)hidden.ElementType);
            await link.SendAsync(FrameKinds.Batch, other.Frames.Write(header), hidden.HostHidden);
        }
        await link.Ended.WaitAsync(Long);
        Assert.Empty(rig.Segment.Ran);
    }

    private async Task<ImageAnswer> AnswerLaterAsync(ImageOrder order, CancellationToken cancellationToken)
    {
        _arrived.TrySetResult(order);
        return await _answer.Task.WaitAsync(cancellationToken);
    }

    private static async Task<ImageAnswer> EmbedAsync(WireNode door, WireNode head, int bytes = 1, int layer = 1)
    {
        using Pixels pixels = Pixels.Rent(bytes, Nothing.Instance);
        return await new RemoteReplicaHead(WireNode.Layout(head), door.Images)
            .EmbedAsync(new(pixels, layer, Lane.Interactive, 1, Long), default).WaitAsync(Long);
    }

    /// <summary>Sends a frame that ends its link, and waits until it has.</summary>
    private static async Task EndWithAsync(
        WireNode from, WireNode to, ushort kind, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body = default)
    {
        Link link = await from.Peers.LinkAsync(to.Address, default);
        await link.SendAsync(kind, head, body);
        await link.Ended.WaitAsync(Long);
        Assert.True(SpinWait.SpinUntil(() => !from.Peers.Links.Any(), Long), "the link that ended is still listed");
    }

    private static byte[] Floats(params float[] numbers) => MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();

    private static NativeBuffer Body(float number)
    {
        NativeBuffer body = new NativeBufferPool(0).Rent(2 * sizeof(float));
        BinaryPrimitives.WriteSingleLittleEndian(body.GetSpan(), number);
        return body;
    }
}
