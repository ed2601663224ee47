using System.Collections.Concurrent;
using VitGrid.Engine.Features;
using VitGrid.Engine.Replica;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Tests.Replica;

/// <summary>When the graph of features is loaded, and with which layers: blocks 2 and 3 of a played segment.</summary>
public sealed class FeatureSegmentTests : IAsyncDisposable
{
    private readonly DeviceThread _device = new("played", 4);
    private readonly PlayedSegment _plain = new(new BlockRange(2, 2));
    private readonly ConcurrentQueue<(string Layers, PlayedSegment Segment)> _loads = new();
    private readonly FeatureSegment _features;
    private Func<FeatureOutputs, Exception?> _fault = _ => null;

    public FeatureSegmentTests() =>
        _features = new(_plain.Blocks, new(1, 0, 0, 0, PlayedSegment.Width), _plain, Load, _device);

    [Fact]
    public async Task The_graph_is_loaded_when_it_is_first_asked_for_and_anew_with_all_layers_when_one_is_missing()
    {
        await RunAsync(1, 3);
        await RunAsync(2, 3, 5);
        await RunAsync(3, 4);
        await RunAsync(4, 3, 4);
        Assert.Equal(["3", "3 4"], _loads.Select(load => load.Layers));
        Assert.Equal([true, false], _loads.Select(load => load.Segment.IsFreed));
        Assert.Equal(["1 2", "3 4"], _loads.Select(load => string.Join(' ', load.Segment.Ran)));
        Assert.Empty(_plain.Ran);
    }

    [Fact]
    public async Task Batches_that_want_nothing_of_these_blocks_are_computed_without_a_graph_of_their_own()
    {
        await RunAsync(1, 0, 2, 5);
        Assert.Empty(_loads);
        Assert.Equal([(byte)1], _plain.Ran);
    }

    [Fact]
    public async Task A_load_that_fails_fails_its_batch_and_is_tried_again_with_the_next()
    {
        _fault = _ => new InvalidOperationException("no room");
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(1, 3));
        _fault = _ => null;
        await RunAsync(2, 3);
        Assert.Equal(["3"], _loads.Select(load => load.Layers));
    }

    public async ValueTask DisposeAsync()
    {
        _features.Dispose();
        Assert.All(_loads, load => Assert.True(load.Segment.IsFreed));
        Assert.False(_plain.IsFreed, "the segment of pooled vectors is not its own");
        await _device.DisposeAsync();
    }

    private async Task RunAsync(byte batch, params int[] layers)
    {
        BatchTicket ticket = new(batch, [layers[^1]])
        {
            Features = [new() { Layers = [.. layers], Parts = FeatureParts.Cls }],
        };
        using Activation input = PlayedSegment.Hidden(batch);
        (await _features.RunAsync(ticket, () => _features.Run(input)).WaitAsync(Waits.Limit)).Dispose();
    }

    private PlayedSegment Load(FeatureOutputs outputs)
    {
        if (_fault(outputs) is { } fault)
            throw fault;
        PlayedSegment segment = new(_plain.Blocks);
        _loads.Enqueue((string.Join(' ', outputs.Layers), segment));
        return segment;
    }
}
