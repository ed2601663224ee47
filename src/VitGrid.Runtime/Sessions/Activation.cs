using Microsoft.ML.OnnxRuntime;

namespace VitGrid.Runtime.Sessions;

/// <summary>
/// What one segment made of one batch: the hidden state for the next segment and pooled vectors of its own layers. Owns
/// native memory; dispose it when the next segment has run.
/// </summary>
public sealed class Activation : IDisposable
{
    private readonly IDisposableReadOnlyCollection<OrtValue> _owned;
    private readonly Dictionary<int, OrtValue> _pooled;
    private readonly Dictionary<int, OrtValue> _hidden;

    internal Activation(
        int batchSize, IDisposableReadOnlyCollection<OrtValue> owned, OrtValue? next, Dictionary<int, OrtValue> pooled, Dictionary<int, OrtValue> hidden)
    {
        BatchSize = batchSize;
        Next = next;
        _owned = owned;
        _pooled = pooled;
        _hidden = hidden;
    }

    /// <summary>Pictures in the batch.</summary>
    public int BatchSize { get; }

    /// <summary>float [B, T, D] for the next segment; null after the last.</summary>
    internal OrtValue? Next { get; }

    /// <summary>Whether this segment made the pooled vectors of <paramref name="layer"/>.</summary>
    public bool Has(int layer) => _pooled.ContainsKey(layer);

    /// <summary>
    /// Copies the vectors of picture <paramref name="item"/> after <paramref name="layer"/> blocks: D numbers of the class
    /// token, then D of the mean over patch tokens.
    /// </summary>
    public void CopyPooled(int layer, int item, Span<float> classThenMean)
    {
        ReadOnlySpan<float> all = _pooled[layer].GetTensorDataAsSpan<float>();
        int length = all.Length / BatchSize;
        all.Slice(item * length, length).CopyTo(classThenMean);
    }

    /// <summary>The hidden state after <paramref name="layer"/> blocks, [B, T, D] row-major; only with <see cref="SegmentSettings.HiddenStates"/>.</summary>
    public float[] HiddenState(int layer) => _hidden[layer].GetTensorDataAsSpan<float>().ToArray();

    /// <inheritdoc/>
    public void Dispose() => _owned.Dispose();
}
