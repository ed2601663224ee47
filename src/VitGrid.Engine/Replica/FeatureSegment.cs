using VitGrid.Engine.Features;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Replica;

/// <summary>
/// A segment whose graph gives out the hidden states that are asked for, beside what the segment of pooled vectors computes: it is loaded
/// when features are first asked for. A layer that its graph has not is added by loading it anew with all layers that were ever asked for:
/// there is one graph at most, and no more loads than there are layers. Thread-safe; its device's thread computes.
/// </summary>
/// <param name="blocks">The blocks it holds.</param>
/// <param name="shape">The tokens of an image.</param>
/// <param name="plain">The segment of pooled vectors, for batches that want no features of these blocks; its owner's to dispose.</param>
/// <param name="load">Loads a graph that gives out these layers; called on a thread of its own.</param>
/// <param name="device">The device's thread.</param>
public sealed class FeatureSegment(
    BlockRange blocks, FeatureShape shape, ISegmentSession plain, Func<ImmutableSortedSet<int>, ISegmentSession> load,
    DeviceThread device) : ISegmentSession
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private ImmutableSortedSet<int> _layers = [];
    private ISegmentSession? _session;
    private ISegmentSession? _chosen;

    /// <inheritdoc/>
    public BlockRange Blocks => blocks;

    private ISegmentSession Chosen => _chosen ?? plain;

    /// <summary>Runs <paramref name="compute"/> on the device's thread once the graph gives out what the batch asks for.</summary>
    internal async Task<Activation> RunAsync(BatchTicket ticket, Func<Activation> compute)
    {
        // Held while it computes: a graph is replaced between two batches only.
        await _gate.WaitAsync();
        try
        {
            _chosen = await PrepareAsync([.. (ticket.Features ?? []).SelectMany(order => order.Layers).Where(Holds)]);
            return await device.RunAsync(compute);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The blocks that this segment's layers make of a batch.</summary>
    internal FeatureItems Extract(BatchTicket ticket, Activation output)
    {
        List<FeatureItem> items = [];
        for (int item = 0; item < ticket.Features?.Length; item++)
        {
            FeatureOrder order = ticket.Features[item];
            for (int block = 0; block < order.Layers.Length; block++)
            {
                if (Holds(order.Layers[block]))
                    items.Add(Extract(output, order, item, block));
            }
        }
        return new(ticket.Batch, items);
    }

    /// <inheritdoc/>
    public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images) => Chosen.RunPixels(images);

    /// <inheritdoc/>
    public Activation RunPixelValues(float[] planes) => Chosen.RunPixelValues(planes);

    /// <inheritdoc/>
    public Activation Run(Activation input) => Chosen.Run(input);

    /// <inheritdoc/>
    public void Dispose()
    {
        _session?.Dispose();
        _session = null;
        _gate.Dispose();
    }

    private async Task<ISegmentSession> PrepareAsync(ImmutableSortedSet<int> wanted)
    {
        if (wanted.IsEmpty)
            return plain;
        if (_session is not null && _layers.IsSupersetOf(wanted))
            return _session;
        ImmutableSortedSet<int> all = _layers.Union(wanted);
        // The one that goes first leaves room for its successor.
        await device.RunAsync(() =>
        {
            _session?.Dispose();
            _session = null;
            return true;
        });
        _session = await Task.Factory.StartNew(
            () => load(all), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _layers = all;
        return _session;
    }

    private FeatureItem Extract(Activation output, FeatureOrder order, int item, int block)
    {
        try
        {
            ReadOnlySpan<byte> state = output.HiddenStateOf(order.Layers[block], item);
            return new(item, block, FeatureExtraction.Extract(state, output.ElementType, shape, order), null);
        }
        catch (ArithmeticException exception)
        {
            return new(item, block, null, exception.Message);
        }
    }

    /// <summary>Layer i is the output of block i − 1; layer 0, the embedding stage, belongs to the first segment.</summary>
    private bool Holds(int layer) => layer <= blocks.End && (layer > blocks.First || (layer == 0 && blocks.First == 0));
}
