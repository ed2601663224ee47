using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Tests.Backends.PlainLoops;

/// <summary>What a batch leaves behind: pinned arrays, which live as long as the activation does.</summary>
internal sealed class LoopOutputs : IDisposable
{
    private readonly ActivationShape _shape;
    private readonly int _end;
    private readonly bool _goesOn;
    private readonly ImmutableSortedDictionary<int, float[]> _states, _pooled;

    public LoopOutputs(ActivationShape shape, SegmentPorts ports, int end)
    {
        (_shape, _end, _goesOn) = (shape, end, ports.NextInput is not null);
        ImmutableSortedSet<int> states = _goesOn ? ports.HiddenStates.Add(end) : ports.HiddenStates;
        _states = states.ToImmutableSortedDictionary(layer => layer, _ => Pinned(shape.BatchSize * shape.Tokens * shape.Width));
        _pooled = ports.PooledLayers.ToImmutableSortedDictionary(layer => layer, _ => Pinned(shape.BatchSize * 2 * shape.Width));
    }

    /// <summary>Stores the hidden state of an image, [T][D], and its vectors, [2 · D], after a number of blocks.</summary>
    public void Add(int layer, int item, double[][] state, double[] pooled)
    {
        if (_states.TryGetValue(layer, out float[]? states))
            Store([.. state.SelectMany(row => row)], states, item);
        if (_pooled.TryGetValue(layer, out float[]? vectors))
            Store(pooled, vectors, item);
    }

    public Activation ToActivation() => new(
        _shape, new(_goesOn ? Address(_states[_end]) : 0, Addresses(_pooled), Addresses(_states)), this);

    public void Dispose() => GC.KeepAlive(this);

    private static void Store(double[] values, float[] target, int item)
    {
        for (int i = 0; i < values.Length; i++)
            target[(item * values.Length) + i] = (float)values[i];
    }

    private static float[] Pinned(int length) => GC.AllocateArray<float>(length, pinned: true);

    private static FrozenDictionary<int, nint> Addresses(ImmutableSortedDictionary<int, float[]> layers) =>
        layers.ToFrozenDictionary(layer => layer.Key, layer => Address(layer.Value));

    private static unsafe nint Address(float[] pinned) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
