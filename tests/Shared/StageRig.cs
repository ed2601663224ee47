using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Engine.Features;
using VitGrid.Engine.Replica;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Testing;

/// <summary>One stage of a played segment: blocks 2 and 3, with a next stage unless it is the last.</summary>
internal sealed class StageRig : IAsyncDisposable
{
    public static readonly StageKey Key = new(new("m", 0, 5), 1);

    private readonly Channel<(long Batch, object Outcome)> _outcomes = Channel.CreateUnbounded<(long, object)>();
    private readonly DeviceThread _device = new("played", 4);

    /// <param name="forward">Takes what the stage hands on; null: it is the last one.</param>
    public StageRig(Func<BatchTicket, Activation, Task>? forward = null)
    {
        StageExits exits = new(new PlayedReturn(_outcomes.Writer), forward is null ? null : new PlayedNextStage(forward));
        Stage = new(Key, Segment, 2 * PlayedSegment.Width, _device, exits, NullLogger.Instance);
    }

    /// <summary>A stage of its own that hands batches with features to <paramref name="features"/>; it ends with the rig's.</summary>
    public Stage WithFeatures(Stage features) => new(
        Key, Segment, PlayedSegment.Width, _device, new(new PlayedReturn(_outcomes.Writer), null), NullLogger.Instance)
    {
        Features = features,
    };

    public PlayedSegment Segment { get; } = new(new BlockRange(2, 2));

    public Stage Stage { get; }

    /// <summary>Batches whose input the stage has let go of.</summary>
    public ConcurrentQueue<long> Taken { get; } = new();

    public Task EnqueueAsync(byte batch, params int[] layers)
    {
        BatchTicket ticket = new(batch, layers is [] ? [4] : layers);
        return Stage.EnqueueAsync(new(ticket, null, PlayedSegment.Hidden(batch, ticket.Layers.Length), () => Taken.Enqueue(batch))).AsTask()
            .WaitAsync(Waits.Limit);
    }

    /// <summary>What the head is told next: vectors or a failure.</summary>
    public async Task<(long Batch, object Outcome)> NextAsync() => await _outcomes.Reader.ReadAsync().AsTask().WaitAsync(Waits.Limit);

    public void AwaitIdle() =>
        Assert.True(SpinWait.SpinUntil(() => Stage.InFlight == 0 && Segment.Alive == 0, Waits.Limit), "the stage never let go of a batch");

    public async ValueTask DisposeAsync()
    {
        if (!Segment.IsFreed)
            await Stage.DisposeAsync();
        await _device.DisposeAsync();
        Assert.True(Segment.IsFreed);
        Assert.Equal((0, 0), (Stage.InFlight, Segment.Alive));
    }

    private sealed class PlayedReturn(ChannelWriter<(long Batch, object Outcome)> outcomes) : IResultReturn
    {
        public ValueTask ReturnAsync(PooledItems pooled) => outcomes.WriteAsync((pooled.Batch, pooled));

        public ValueTask ReturnFeaturesAsync(FeatureItems features) => outcomes.WriteAsync((features.Batch, features));

        public ValueTask FailAsync(long batch, Exception reason) => outcomes.WriteAsync((batch, reason));
    }

    private sealed class PlayedNextStage(Func<BatchTicket, Activation, Task> forward) : INextStage
    {
        public Task ForwardAsync(BatchTicket ticket, Activation hidden) => forward(ticket, hidden);
    }
}
