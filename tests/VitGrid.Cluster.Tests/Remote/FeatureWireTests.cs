using System.Threading.Channels;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Features;
using VitGrid.Engine.Models;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Remote;

/// <summary>Features on their way between processes: stages, head, front end.</summary>
public sealed class FeatureWireTests
{
    private static readonly FeatureOrder Order = new() { Layers = [2, 4], Parts = FeatureParts.Patches };

    private readonly Gate _gate = new();
    private readonly Channel<(long Batch, Exception Reason)> _failed = Channel.CreateUnbounded<(long, Exception)>();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_of_many_images_gets_its_own_blocks_with_its_vectors(bool unixSocket)
    {
        await using WireNode frontEnd = new("front-end", unixSocket), head = new("head", unixSocket);
        head.Head = (order, _) => Task.FromResult(new ImageAnswer([order.Pixels.Memory.Span[0]], default, default)
        {
            Features = order.Features is null ? null : new(
                [.. order.Features.Layers.Select(layer => Block(order.Pixels.Memory.Span[0], layer, 700_000))]),
        });
        ImageAnswer[] answers = await Task.WhenAll(Enumerable.Range(1, 20).Select(
            image => EmbedAsync(frontEnd, head, (byte)image, image % 2 == 0 ? Order : null)));
        for (int image = 1; image <= 20; image++)
        {
            ImageAnswer answer = answers[image - 1];
            Assert.Equal([image], answer.ClsThenMean);
            Assert.Equal(image % 2 == 0, answer.Features is not null);
            using FeatureSet? features = answer.Features;
            for (int block = 0; block < features?.Blocks.Count; block++)
                Assert.Equal(Bytes(Block((byte)image, Order.Layers[block], 700_000)), Bytes(features.Blocks[block]));
        }
    }

    [Fact]
    public async Task The_head_is_asked_for_what_the_front_end_is_asked_for()
    {
        await using WireNode frontEnd = new("front-end"), head = new("head");
        FeatureOrder? heard = null;
        head.Head = (order, _) =>
        {
            heard = order.Features;
            return Task.FromResult(new ImageAnswer([1f], default, default)
            {
                Features = new([.. Enumerable.Range(0, order.Features!.Blocks).Select(block => Block(1, block, 10))]),
            });
        };
        foreach (FeatureOrder order in (FeatureOrder[])[
            Order with { Parts = FeatureParts.Cls | FeatureParts.Registers, Layout = FeatureLayout.Nchw, Type = FeatureType.BFloat16,
                NormedFrom = 3 },
            new() { Layers = [], Parts = FeatureParts.None, VisualLayer = 4 }])
        {
            (await EmbedAsync(frontEnd, head, 1, order)).Features!.Dispose();
            Assert.Equal(order.Layers.ToArray(), heard!.Layers.ToArray());
            Assert.Equal(order with { Layers = default }, heard with { Layers = default });
        }
    }

    [Fact]
    public async Task Blocks_of_another_length_than_the_models_are_none()
    {
        await using WireNode frontEnd = new("front-end"), head = new("head");
        ModelFacts facts = TinyFacts.Create();
        frontEnd.Models.Open([ModelInfo.From("m", facts, ModelState.Ready)]);
        long right = Order.BlockBytes(FeatureShape.From(facts.Architecture, facts.Profile.Size), 0);
        long length = right;
        head.Head = (order, _) => Task.FromResult(new ImageAnswer(new float[128], default, default)
        {
            Features = new([.. Order.Layers.Select(layer => Block(1, layer, (int)length))]),
        });
        using (FeatureSet features = (await EmbedAsync(frontEnd, head, 1, Order)).Features!)
            Assert.Equal(right, features.Blocks[1].Bytes);
        length = right + 1;
        Assert.Contains("not due", (await Assert.ThrowsAsync<ReplicaLostException>(() => EmbedAsync(frontEnd, head, 1, Order))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stages_of_several_processes_fill_an_images_blocks_and_one_that_cannot_says_why()
    {
        await using WireNode here = new("here"), there = new("there");
        ReplicaLayout layout = WireNode.Layout(here, there);
        LocalReplicaHead head = new(layout.Key, layout.Window, input =>
        {
            input.Dispose();
            return ValueTask.CompletedTask;
        }, new(Waits.Limit));
        here.Heads.Add(head);
        here.StagePeers.Open(layout, 0);
        Pixels[] images = [NumberedPixels.From(0), NumberedPixels.From(1)];
        Task<BatchAnswer> answered = head.RunAsync(new(images, [4, 4]) { Features = [Order, Order] });
        LocalResultReturn near = new(layout.Key, here.Heads);
        IResultReturn far = there.Results.To(layout);
        await far.ReturnFeaturesAsync(new(1, [new(0, 1, Block(0, 4, 600_000), null), new(1, 1, null, "it holds NaN")]));
        await far.ReturnAsync(new(1, [0, 1], [[1f], [2f]]));
        await near.ReturnFeaturesAsync(new(1, [new(1, 0, Block(1, 2, 10), null)]));
        Assert.False(answered.IsCompleted);
        await near.ReturnFeaturesAsync(new(1, [new(0, 0, Block(0, 2, 10), null)]));
        FeatureGathering[] gathered = (await answered.WaitAsync(Waits.Limit)).Features!;
        Assert.Equal((null, "it holds NaN"), (gathered[0].Problem, gathered[1].Problem));
        using FeatureSet features = gathered[0].Take();
        Assert.Equal(Bytes(Block(0, 2, 10)), Bytes(features.Blocks[0]));
        Assert.Equal(Bytes(Block(0, 4, 600_000)), Bytes(features.Blocks[1]));
        gathered[1].Dispose();
    }

    [Fact]
    public async Task Batches_without_features_pass_those_that_wait_for_a_slot()
    {
        await using WireNode first = new("first"), second = new("second");
        await using StageRig plain = new(), slow = new();
        Stage both = plain.WithFeatures(slow.Stage);
        second.Stages.Add(StageRig.Key, both);
        slow.Segment.Before = _ => _gate.Pass();
        second.StagePeers.Open(WireNode.Layout(first, second), 1);
        INextStage next = first.RemoteStages.Open(StageRig.Key, second.Address, new PlayedReturn(_failed.Writer), _ => { });
        for (byte batch = 1; batch <= Stage.Slots; batch++)
            await next.ForwardAsync(new(batch, [4]) { Features = [Order] }, PlayedSegment.Hidden(batch)).WaitAsync(Waits.Limit);
        await _gate.Arrived;
        Task waiting = next.ForwardAsync(new(8, [4]) { Features = [Order] }, PlayedSegment.Hidden(8));
        for (byte batch = 10; batch <= 15; batch++)
        {
            await next.ForwardAsync(new(batch, [4]), PlayedSegment.Hidden(batch)).WaitAsync(Waits.Limit);
            Assert.Equal(batch, (await plain.NextAsync()).Batch);
        }
        Assert.False(waiting.IsCompleted);
        _gate.Open();
        await waiting.WaitAsync(Waits.Limit);
        foreach (byte batch in (byte[])[1, 2, 8])
            Assert.Equal(batch, (await slow.NextAsync()).Batch);
    }

    private static async Task<ImageAnswer> EmbedAsync(WireNode frontEnd, WireNode head, byte number, FeatureOrder? features)
    {
        using Pixels pixels = Pixels.Rent(1, Nothing.Instance);
        pixels.Memory.Span[0] = number;
        ImageOrder order = new(pixels, 4, Lane.Interactive, 1, Waits.Limit) { Features = features };
        return await new RemoteReplicaHead(WireNode.Layout(head), frontEnd.Images).EmbedAsync(order, CancellationToken.None).WaitAsync(
            Waits.Limit);
    }

    private static FeatureBlock Block(byte image, int layer, int length)
    {
        using FeatureBlock.Builder builder = new();
        builder.Write([.. Enumerable.Range(0, length).Select(i => (byte)((i * 7) + (image * 31) + layer))]);
        return builder.Finish();
    }

    private static byte[] Bytes(FeatureBlock block)
    {
        byte[] bytes = [.. block.Chunks.SelectMany(chunk => chunk.ToArray())];
        block.Dispose();
        return bytes;
    }

    private sealed class PlayedReturn(ChannelWriter<(long Batch, Exception Reason)> failed) : IResultReturn
    {
        public ValueTask ReturnAsync(PooledItems pooled) => throw new NotSupportedException();

        public ValueTask ReturnFeaturesAsync(FeatureItems features) => throw new NotSupportedException();

        public ValueTask FailAsync(long batch, Exception reason) => failed.WriteAsync((batch, reason));
    }
}
