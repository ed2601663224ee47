using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>
/// A segment's weights as several sessions use them: mapped files, and the order that products read them in, which the first session makes
/// and the others find.
/// </summary>
internal sealed class SharedWeights : IDisposable
{
    private readonly Lock _opening = new();
    private readonly PrePackedWeightsContainer _packed = new();
    private readonly Dictionary<string, MappedFile> _files;
    private readonly Dictionary<string, OrtValue> _weights;
    private readonly Func<bool> _giveUp;

    /// <param name="weights">The weights.</param>
    /// <param name="mapped">Their checksums; null: there are no weights.</param>
    /// <param name="giveUp">Gives up a share; says whether it was the last.</param>
    public SharedWeights(ImmutableArray<SegmentWeight> weights, MappedWeights? mapped, Func<bool> giveUp)
    {
        _giveUp = giveUp;
        Mapped = mapped;
        _files = weights.Select(weight => weight.Slice.Tensor.File).Distinct().ToDictionary(file => file, file => new MappedFile(file));
        _weights = weights.ToDictionary(weight => weight.Name, Value);
    }

    /// <summary>Their checksums; null: there are no weights.</summary>
    public MappedWeights? Mapped { get; }

    /// <summary>
    /// The weights of <paramref name="model"/> as <paramref name="sharing"/> has them; null without. Disposing gives up a share, and the
    /// last frees them. Weights that are stored as another type than they are computed in are each session's own.
    /// </summary>
    /// <exception cref="WeightsChangedException">They have changed since they were loaded first.</exception>
    public static SharedWeights? Obtain(WeightSharing? sharing, SegmentModel model)
    {
        if (sharing is null)
            return null;
        string key = KeyOf(model);
        MappedWeights? mapped = model.Weights.IsEmpty ? null
            : sharing.Check(key, () => new(model.Weights.Select(weight => weight.Slice).Distinct()));
        return sharing.Obtain(key, giveUp => new SharedWeights(model.Weights, mapped, giveUp));
    }

    /// <summary>A session whose weights are these.</summary>
    /// <remarks>
    /// Of two input sizes one may have weights of its own, such as positions that are not interpolated: what is not here it reads itself.
    /// </remarks>
    public InferenceSession Open(SegmentModel model, SessionOptions options)
    {
        // One after the other: of two at once, both would order the weights before either finds the other's.
        lock (_opening)
        {
            foreach (SegmentWeight weight in model.Weights)
            {
                if (_weights.TryGetValue(weight.Name, out OrtValue? value))
                    options.AddInitializer(weight.Name, value);
            }
            InferenceSession session = new(model.Onnx, options, _packed);
            foreach (MappedFile file in _files.Values)
                file.Evict();
            return session;
        }
    }

    public void Dispose()
    {
        if (!_giveUp())
            return;
        _packed.Dispose();
        foreach (OrtValue value in _weights.Values)
            value.Dispose();
        foreach (MappedFile file in _files.Values)
            file.Dispose();
    }

    /// <summary>Two towers of one file may hold blocks of the same numbers.</summary>
    private static string KeyOf(SegmentModel model) => string.Join('\n', model.Weights
        .Select(weight => weight.Slice.Tensor.File)
        .Distinct()
        .Append(model.Request.Blocks.ToString())
        .Append(model.Request.InputSize.Samples == PixelType.TokenId ? "texts" : "images"));

    private OrtValue Value(SegmentWeight weight) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, TypeOf(weight.Slice.Tensor.Type), [.. weight.Shape], _files[weight.Slice.Tensor.File].Address
            + (nint)weight.Slice.Offset, weight.Slice.Length);

    private static TensorElementType TypeOf(TensorType type) => type switch
    {
        TensorType.I8 => TensorElementType.Int8,
        TensorType.F16 => TensorElementType.Float16,
        TensorType.BF16 => TensorElementType.BFloat16,
        _ => TensorElementType.Float,
    };
}
