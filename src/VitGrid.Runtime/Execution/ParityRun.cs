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
/// Runs the tensors of a file of expected activations through a checkpoint's segments and compares: <c>pixel_values</c> [B, 3, H, W] and
/// <c>input_ids</c> [B, N] in; <c>hidden_states.i</c> (before the last norm), <c>last_hidden_state</c> (after it), <c>cls_embedding</c>,
/// <c>patch_mean</c>, what the encoder's family calls its vectors (<c>pooler_output</c>, <c>image_embeds</c>, <c>embedding</c> …) and, of
/// checkpoints with a projector, <c>visual_tokens</c> compared; of a text tower what <see cref="TextParity"/> says, and of two towers
/// their unit vectors and logits.
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
        SegmentSettings wanted = new()
        {
            Blocks = default,
            InputSize = default,
            Device = ExecutionBackends.Processor,
            Precision = precision,
            Quantising = quantising,
            HiddenStates = true,
        };
        ParityCut cut = new(segments, devices ?? [ExecutionBackends.Processor]);
        Dictionary<string, float[]> computed = [];
        if (checkpoint.TextTower is { } texts && expected.Tensors.ContainsKey(TextParity.Input))
            TextParity.Run(texts, expected, cut.Settings(texts, wanted), computed, cancellationToken);
        if (!checkpoint.TakesTexts && (computed.Count == 0 || expected.Tensors.ContainsKey(Input)))
            RunImages(checkpoint, expected, cut.Settings(checkpoint, wanted), computed, cancellationToken);
        else if (computed.Count == 0)
            throw TextParity.NoInput(expected);
        TextParity.AddPairs(checkpoint, computed);
        return [.. expected.Tensors.Values.Where(tensor => tensor.Name is not (Input or TextParity.Input or TextParity.Mask)).OrderBy(
            Order).Select(tensor => Compare(expected, tensor, computed))];
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

    private static void RunImages(
        Checkpoint checkpoint, SafetensorsFile expected, IEnumerable<SegmentSettings> segments, Dictionary<string, float[]> computed,
        CancellationToken cancellationToken)
    {
        InputSize size = ReadSize(expected);
        float[] planes = expected.ReadFloats(Input);
        Activation? previous = null;
        foreach (SegmentSettings segment in segments)
        {
            SegmentSettings settings = segment with
            {
                InputSize = size,
                Input = SegmentInput.PixelValues,
                VisualTokens = expected.Tensors.ContainsKey(SegmentNames.VisualTokens) && checkpoint.Projector is not null,
            };
            cancellationToken.ThrowIfCancellationRequested();
            using ISegmentSession session = settings.Device.Backend.Load(checkpoint, settings);
            Activation next = previous is null ? session.RunPixelValues(planes) : session.Run(previous);
            previous?.Dispose();
            previous = next;
            Collect(computed, next, settings.Blocks);
        }
        AddLast(computed, previous!, checkpoint);
        previous!.Dispose();
    }

    private static void Collect(Dictionary<string, float[]> computed, Activation activation, BlockRange blocks)
    {
        for (int layer = blocks.First == 0 ? 0 : blocks.First + 1; layer <= blocks.End; layer++)
            computed[SegmentNames.HiddenState(layer)] = activation.HiddenState(layer);
        if (activation.HasVisualTokens)
            computed[SegmentNames.VisualTokens] = VisualTokens(activation);
    }

    private static float[] VisualTokens(Activation activation)
    {
        byte[] stored = [.. Enumerable.Range(0, activation.BatchSize).SelectMany(item => activation.VisualTokensOf(item).ToArray())];
        float[] tokens = new float[stored.Length / activation.ElementType.Bytes()];
        FloatWidening.Widen(activation.ElementType.AsStored(), stored, tokens);
        return tokens;
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

    /// <summary>One pooling of every image of a batch, one behind another.</summary>
    internal static float[] Pool(Activation last, EncoderArchitecture shape, Pooling pooling)
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

/// <summary>How an encoder is cut.</summary>
/// <param name="Segments">Into how many segments.</param>
/// <param name="Devices">The devices, of which neighbouring segments share one when there are fewer.</param>
internal sealed record ParityCut(int Segments, IReadOnlyList<DeviceSpec> Devices)
{
    /// <summary>The segments of <paramref name="checkpoint"/>, in order.</summary>
    public IEnumerable<SegmentSettings> Settings(Checkpoint checkpoint, SegmentSettings wanted) =>
        BlockRange.Split(checkpoint.Architecture.Depth, Segments).Select((blocks, i) => wanted with
        {
            Blocks = blocks,
            Device = Devices[i * Math.Min(Devices.Count, Segments) / Segments],
        });
}
