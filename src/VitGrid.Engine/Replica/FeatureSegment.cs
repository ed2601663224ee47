using VitGrid.Engine.Features;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Replica;

/// <summary>
/// A segment whose graph gives out the hidden states that are asked for, beside what the segment of pooled vectors computes: it is loaded
/// when features are first asked for. A layer that its graph has not is added by loading it anew with all layers that were ever asked for:
/// there is one graph at most, and hardly more loads than there are layers. Thread-safe; its device's thread computes.
/// </summary>
/// <param name="blocks">The blocks it holds.</param>
/// <param name="shape">The tokens of an image.</param>
/// <param name="plain">
/// The segment of pooled vectors, for batches that want no features of these blocks; its owner's to dispose. Null: there is none, and a
/// graph without features is loaded for them.
/// </param>
/// <param name="load">Loads a graph with these outputs; called on a thread of its own.</param>
/// <param name="device">The device's thread.</param>
public sealed class FeatureSegment(
    BlockRange blocks, FeatureShape shape, ISegmentSession? plain, Func<FeatureOutputs, ISegmentSession> load,
    DeviceThread device) : ISegmentSession
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private FeatureOutputs _outputs = FeatureOutputs.None;
    private ISegmentSession? _session;
    private ISegmentSession? _chosen;

    /// <inheritdoc/>
    public BlockRange Blocks => blocks;

    private ISegmentSession Chosen => _chosen ?? plain ?? throw new InvalidOperationException("no batch was prepared");

    /// <summary>Runs <paramref name="compute"/> on the device's thread once the graph gives out what the batch asks for.</summary>
    internal async Task<T> RunAsync<T>(BatchTicket ticket, Func<T> compute)
    {
        // Held while it computes: a graph is replaced between two batches only.
        await _gate.WaitAsync();
        try
        {
            _chosen = await PrepareAsync(WantedBy(ticket.Features ?? []));
            return await device.RunAsync(compute);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The blocks that this segment's layers make of a batch, but for images that are begun again.</summary>
    internal FeatureItems Extract(BatchTicket ticket, Activation output, int[] spoilt)
    {
        List<FeatureItem> items = [];
        for (int item = 0; item < ticket.Features?.Length; item++)
        {
            if (spoilt.Contains(item))
                continue;
            FeatureOrder order = ticket.Features[item];
            for (int block = 0; block < order.Blocks; block++)
            {
                if (Holds(order.LayerOf(block)))
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

    private FeatureOutputs WantedBy(FeatureOrder[] orders) => new(
        [.. orders.SelectMany(order => order.Layers.Where(layer => layer < order.NormedFrom)).Where(Holds)],
        [.. orders.SelectMany(order => order.Layers.Where(layer => layer >= order.NormedFrom)).Where(Holds)],
        Array.Exists(orders, order => order.VisualLayer is { } layer && Holds(layer)));

    private async Task<ISegmentSession> PrepareAsync(FeatureOutputs wanted)
    {
        if (wanted.IsEmpty && plain is not null)
            return plain;
        if (_session is not null && _outputs.Has(wanted))
            return _session;
        FeatureOutputs all = _outputs.With(wanted);
        // The one that goes first leaves room for its successor.
        await device.RunAsync(() =>
        {
            _session?.Dispose();
            _session = null;
            return true;
        });
        _session = await Task.Factory.StartNew(
            () => load(all), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _outputs = all;
        return _session;
    }

    private FeatureItem Extract(Activation output, FeatureOrder order, int item, int block)
    {
        try
        {
            if (block == order.Layers.Length)
                return new(item, block, FeatureExtraction.Whole(output.VisualTokensOf(item), output.ElementType, order), null);
            int layer = order.Layers[block];
            ReadOnlySpan<byte> state = layer >= order.NormedFrom ? output.NormedStateOf(layer, item) : output.HiddenStateOf(layer, item);
            return new(item, block, FeatureExtraction.Extract(state, output.ElementType, shape, order, layer), null);
        }
        catch (ArithmeticException exception)
        {
            return new(item, block, null, exception.Message) { IsBeyondType = exception is OverflowException };
        }
    }

    /// <summary>Layer i is the output of block i − 1; layer 0, the embedding stage, belongs to the first segment.</summary>
    private bool Holds(int layer) => layer <= blocks.End && (layer > blocks.First || (layer == 0 && blocks.First == 0));
}

/// <summary>What a graph gives out beside pooled vectors.</summary>
/// <param name="Layers">Hidden states.</param>
/// <param name="NormedLayers">Hidden states after the norm that follows the last block.</param>
/// <param name="VisualTokens">Whether a projector's tokens.</param>
public sealed record FeatureOutputs(ImmutableSortedSet<int> Layers, ImmutableSortedSet<int> NormedLayers, bool VisualTokens)
{
    /// <summary>Nothing.</summary>
    public static FeatureOutputs None { get; } = new([], [], false);

    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty => Layers.IsEmpty && NormedLayers.IsEmpty && !VisualTokens;

    /// <summary>Whether <paramref name="others"/> are among them.</summary>
    public bool Has(FeatureOutputs others)
    {
        ArgumentNullException.ThrowIfNull(others);
        return Layers.IsSupersetOf(others.Layers) && NormedLayers.IsSupersetOf(others.NormedLayers)
            && (VisualTokens || !others.VisualTokens);
    }

    /// <summary>Both.</summary>
    public FeatureOutputs With(FeatureOutputs others)
    {
        ArgumentNullException.ThrowIfNull(others);
        return new(
            Layers.Union(others.Layers), NormedLayers.Union(others.NormedLayers), VisualTokens || others.VisualTokens);
    }
}
