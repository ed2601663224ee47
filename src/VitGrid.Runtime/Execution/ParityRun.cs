using System.Globalization;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Execution;

/// <summary>
/// Runs the tensors of a file of expected activations through a checkpoint's segments and compares: <c>pixel_values</c>
/// [B, 3, H, W] in; <c>hidden_states.i</c> (before the last norm), <c>last_hidden_state</c> (after it), <c>cls_embedding</c>,
/// <c>patch_mean</c> and what the encoder's family calls its vectors (<c>pooler_output</c>, <c>image_embeds</c>, <c>embedding</c> …)
/// compared.
/// </summary>
public static class ParityRun
{
    private const string Input = "pixel_values";

    /// <summary>Compares every tensor of <paramref name="expectedFile"/>, in the order of the layers.</summary>
    /// <param name="checkpoint">The model.</param>
    /// <param name="expectedFile">A safetensors file.</param>
    /// <param name="segments">How many segments to cut the encoder into; each runs as it would in the grid.</param>
    /// <param name="precision">Arithmetic.</param>
    /// <param name="devices">The devices, of which neighbouring segments share one when there are fewer; null: the processor.</param>
    /// <param name="quantising">Called with how far the weights are quantised, where that was not done before.</param>
    /// <param name="cancellationToken">Checked between segments.</param>
    /// <exception cref="CheckpointException">The file has no input, or a tensor that an encoder does not make, or one of another
    /// shape.</exception>
    public static IReadOnlyList<TensorParity> Compare(
        Checkpoint checkpoint,
        string expectedFile,
        int segments = 1,
        Precision precision = Precision.Fp32,
        IReadOnlyList<DeviceSpec>? devices = null,
        IProgress<double>? quantising = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        using SafetensorsFile expected = SafetensorsFile.Open(expectedFile);
        InputSize size = ReadSize(expected);
        SegmentSettings[] settings = [.. Settings(checkpoint.Architecture.Depth, segments, devices ?? [ExecutionBackends.Processor])
            .Select(settings => settings with { InputSize = size, Precision = precision, Quantising = quantising })];
        Dictionary<string, float[]> computed = Run(checkpoint, expected.ReadFloats(Input), settings, cancellationToken);
        return [.. expected.Tensors.Values.Where(tensor => tensor.Name != Input).OrderBy(Order).Select(
            tensor => Compare(expected, tensor, computed))];
    }

    private static TensorParity Compare(SafetensorsFile expected, TensorEntry tensor, Dictionary<string, float[]> computed)
    {
        if (!computed.TryGetValue(tensor.Name, out float[]? values))
            throw new CheckpointException(
                $"{expected.Path}: tensor '{tensor.Name}' is none an encoder makes; known: {string.Join(", ", computed.Keys)}");
        float[] wanted = expected.ReadFloats(tensor.Name);
        if (wanted.Length != values.Length)
            throw new CheckpointException(
                $"{expected.Path}: tensor '{tensor.Name}' has {wanted.Length} elements; this checkpoint makes {values.Length}: it was made "
                    + $"by another model");
        return TensorParity.Compare(tensor.Name, tensor.Shape, values, wanted);
    }

    private static InputSize ReadSize(SafetensorsFile expected)
    {
        if (!expected.Tensors.TryGetValue(Input, out TensorEntry? input))
            throw new CheckpointException(
                $"{expected.Path}: there is no tensor '{Input}' to feed; it must be [B, 3, H, W], already normalised");
        if (input.Shape is not [> 0, 3, > 0 and <= int.MaxValue, > 0 and <= int.MaxValue])
            throw new CheckpointException(
                $"{expected.Path}: tensor '{Input}' has shape [{string.Join(", ", input.Shape)}]; expected [B, 3, H, W]");
        return new((int)input.Shape[2], (int)input.Shape[3]);
    }

    private static IEnumerable<SegmentSettings> Settings(int depth, int segments, IReadOnlyList<DeviceSpec> devices) =>
        BlockRange.Split(depth, segments).Select((blocks, i) => new SegmentSettings
        {
            Blocks = blocks,
            InputSize = default,
            Device = devices[i * Math.Min(devices.Count, segments) / segments],
            Input = SegmentInput.PixelValues,
            HiddenStates = true,
        });

    private static Dictionary<string, float[]> Run(
        Checkpoint checkpoint, float[] planes, IEnumerable<SegmentSettings> segments, CancellationToken cancellationToken)
    {
        Dictionary<string, float[]> computed = [];
        Activation? previous = null;
        foreach (SegmentSettings settings in segments)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using ISegmentSession session = settings.Device.Backend.Load(checkpoint, settings);
            Activation next = previous is null ? session.RunPixelValues(planes) : session.Run(previous);
            previous?.Dispose();
            previous = next;
            Collect(computed, next, settings.Blocks);
        }
        AddLast(computed, previous!, checkpoint);
        previous!.Dispose();
        return computed;
    }

    private static void Collect(Dictionary<string, float[]> computed, Activation activation, BlockRange blocks)
    {
        for (int layer = blocks.First == 0 ? 0 : blocks.First + 1; layer <= blocks.End; layer++)
            computed[SegmentNames.HiddenState(layer)] = activation.HiddenState(layer);
    }

    /// <summary>
    /// What the last segment alone makes: the state after the last norm, pooled vectors by all their names, further outputs.
    /// </summary>
    private static void AddLast(Dictionary<string, float[]> computed, Activation last, Checkpoint checkpoint)
    {
        EncoderArchitecture shape = checkpoint.Architecture;
        float[] state = shape.FinalNorm ? last.NormedState(shape.Depth) : computed[SegmentNames.HiddenState(shape.Depth)];
        computed["last_hidden_state"] = state;
        foreach ((string name, Pooling pooling) in checkpoint.PooledNames.Concat(Everywhere(shape.Poolings)))
            computed[name] = Pool(last, shape, pooling);
        foreach (EncoderOutput output in checkpoint.Outputs)
            computed[output.Name] = last.Output(output);
    }

    private static IEnumerable<KeyValuePair<string, Pooling>> Everywhere(PoolingFacts poolings)
    {
        if (poolings.ClassToken)
            yield return new("cls_embedding", Pooling.Cls);
        yield return new("patch_mean", Pooling.Mean);
    }

    private static float[] Pool(Activation last, EncoderArchitecture shape, Pooling pooling)
    {
        float[] all = new float[last.PooledWidth(shape.Depth)];
        Range part = shape.Poolings.Part(pooling, shape.Width);
        float[] pooled = new float[last.BatchSize * shape.Poolings.Width(pooling, shape.Width)];
        for (int item = 0; item < last.BatchSize; item++)
        {
            last.CopyPooled(shape.Depth, item, all);
            all.AsSpan(part).CopyTo(pooled.AsSpan(pooled.Length / last.BatchSize * item));
        }
        return pooled;
    }

    /// <summary>Hidden states by number, then the rest by name.</summary>
    private static (int Layer, string Name) Order(TensorEntry tensor)
    {
        string number = tensor.Name[(tensor.Name.LastIndexOf('.') + 1)..];
        return (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int layer) ? layer : int.MaxValue, tensor.Name);
    }
}
