using System.Runtime.InteropServices;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Execution;

/// <summary>
/// The part of <see cref="ParityRun"/> that is about texts: <c>input_ids</c> [B, N] in; <c>text_hidden_states.i</c>,
/// <c>text_last_hidden_state</c>, <c>text_pooled</c> and <c>text_embeds</c> compared, <c>masked_…</c> where the mask is 1, and of both
/// towers <c>…_embeds_normalized</c>, <c>logits_per_text</c> and <c>logits_per_image</c>.
/// </summary>
internal static class TextParity
{
    public const string Input = SegmentNames.InputIds;

    /// <summary>What a class of transformers may be given beside the ids; the vectors do not depend on it.</summary>
    public const string Mask = "attention_mask";

    private const string Texts = "text_embeds", Images = "image_embeds", Last = "text_last_hidden_state", Normalised = "_normalized";

    private const string MaskedLast = "masked_last_hidden_state";

    /// <summary>Runs the texts of <paramref name="expected"/> through every segment and collects what there is to compare.</summary>
    public static void Run(
        Checkpoint tower, SafetensorsFile expected, IEnumerable<SegmentSettings> segments, Dictionary<string, float[]> computed,
        CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte>[] ids = ReadIds(expected, tower.Architecture);
        Activation? previous = null;
        foreach (SegmentSettings segment in segments)
        {
            cancellationToken.ThrowIfCancellationRequested();
            SegmentSettings settings = segment with { InputSize = InputSize.OfText(tower.Architecture.ContextLength) };
            using ISegmentSession session = settings.Device.Backend.Load(tower, settings);
            Activation next = previous is null ? session.RunPixels(ids) : session.Run(previous);
            previous?.Dispose();
            previous = next;
            for (int layer = settings.Blocks.First == 0 ? 0 : settings.Blocks.First + 1; layer <= settings.Blocks.End; layer++)
                computed["text_" + SegmentNames.HiddenState(layer)] = Tokens(next, next.HiddenState(layer), tower.Architecture);
        }
        AddLast(tower, expected, previous!, computed);
        previous!.Dispose();
    }

    /// <summary>Unit vectors of what was computed, and logits where there are both.</summary>
    public static void AddPairs(Checkpoint checkpoint, Dictionary<string, float[]> computed)
    {
        float[][]? texts = AddUnits(computed, Texts, checkpoint.TextTower), images = AddUnits(computed, Images, checkpoint);
        if (texts is null || images is null || checkpoint.TextTower?.Logits is not { } facts)
            return;
        float[] Logits(int rows, int columns, Func<int, int, double> logit) =>
            [.. Enumerable.Range(0, rows * columns).Select(i => (float)logit(i / columns, i % columns))];
        computed["logits_per_text"] = Logits(texts.Length, images.Length, (t, i) => facts.Logit(texts[t], images[i]));
        computed["logits_per_image"] = Logits(images.Length, texts.Length, (i, t) => facts.Logit(texts[t], images[i]));
    }

    /// <summary>The refusal of a file without ids.</summary>
    public static CheckpointException NoInput(SafetensorsFile expected) => new(
        $"{expected.Path}: there is no tensor '{Input}' to feed a text tower; it must be [B, N], I64 or I32, of the full context length");

    private static void AddLast(Checkpoint tower, SafetensorsFile expected, Activation last, Dictionary<string, float[]> computed)
    {
        EncoderArchitecture shape = tower.Architecture;
        computed[Last] = Tokens(last, last.NormedState(shape.Depth), shape);
        foreach ((string name, Pooling pooling) in tower.PooledNames)
            computed[name] = ParityRun.Pool(last, shape, pooling);
        foreach (EncoderOutput output in tower.Outputs)
            computed[output.Name] = last.Output(output);
        if (computed.TryGetValue("text_pooled", out float[]? pooled))
            computed["masked_pooled"] = pooled;
        if (expected.Tensors.ContainsKey(MaskedLast) && expected.Tensors.ContainsKey(Mask))
            computed[MaskedLast] = WhereMasked(expected, computed[Last], shape.Width);
    }

    /// <summary>Behind a text's end, where the class masks, its rows are of no use to anybody: they are passed over.</summary>
    private static float[] WhereMasked(SafetensorsFile expected, float[] last, int width)
    {
        int[] rows = expected.ReadIntegers(Mask);
        float[] masked = expected.ReadFloats(MaskedLast);
        for (int row = 0; row < rows.Length; row++)
        {
            if (rows[row] != 0)
                last.AsSpan(row * width, width).CopyTo(masked.AsSpan(row * width));
        }
        return masked;
    }

    /// <summary>[B, N, D] of a hidden state, without a row that is carried behind the tokens.</summary>
    private static float[] Tokens(Activation activation, float[] state, EncoderArchitecture shape)
    {
        int rows = activation.Tokens * shape.Width, tokens = shape.ContextLength * shape.Width;
        if (rows == tokens)
            return state;
        float[] kept = new float[activation.BatchSize * tokens];
        for (int item = 0; item < activation.BatchSize; item++)
            state.AsSpan(item * rows, tokens).CopyTo(kept.AsSpan(item * tokens));
        return kept;
    }

    private static float[][]? AddUnits(Dictionary<string, float[]> computed, string name, Checkpoint? tower)
    {
        if (tower is null || !computed.TryGetValue(name, out float[]? vectors))
            return null;
        int width = tower.Architecture.Poolings.Width(tower.Architecture.Poolings.Default, tower.Architecture.Width);
        float[][] units = [.. vectors.Chunk(width).Select(Unit)];
        computed[name + Normalised] = [.. units.SelectMany(unit => unit)];
        return units;
    }

    private static float[] Unit(float[] vector)
    {
        double norm = Math.Sqrt(vector.Sum(value => (double)value * value));
        return Array.ConvertAll(vector, value => (float)(value / norm));
    }

    private static ReadOnlyMemory<byte>[] ReadIds(SafetensorsFile expected, EncoderArchitecture shape)
    {
        TensorEntry entry = expected.Tensors[Input];
        if (entry.Type is not (TensorType.I64 or TensorType.I32) || entry.Shape is not [> 0, var context] || context != shape.ContextLength)
            throw NoInput(expected);
        int[] ids = expected.ReadIntegers(Input);
        int strange = Array.FindIndex(ids, id => id < 0 || id >= shape.VocabularySize);
        if (strange >= 0)
        {
            throw new CheckpointException(
                $"{expected.Path}: '{Input}' holds {ids[strange]}; this tower has tokens 0 to {shape.VocabularySize - 1}");
        }
        return [.. ids.Chunk(shape.ContextLength).Select(row => (ReadOnlyMemory<byte>)MemoryMarshal.AsBytes<int>(row).ToArray())];
    }
}
