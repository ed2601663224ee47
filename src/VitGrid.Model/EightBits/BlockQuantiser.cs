using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.EightBits;

/// <summary>
/// The tensors of one block in 8 bits, each computed when it is written. What costs time at every image is folded into the weights where
/// that changes no vector: layer scale into the matrices before it; the bias of the keys is dropped (it adds the same to all scores of a
/// query, which softmax does not see) unless a norm or a rotation follows; the bias of the values goes through the attention unchanged (its
/// weights sum to one) and into the projection's bias, unless a norm stands between.
/// </summary>
internal sealed class BlockQuantiser(Checkpoint checkpoint, BlockWeights block, EightBitForm form, TensorChunks chunks)
{
    public IEnumerable<TensorToWrite> Tensors()
    {
        Lazy<float[]> attention = Factors(block.Norm1, block.Query, block.Key, block.Value);
        Lazy<float[]> mlp = block.Gate is { } gated ? Factors(block.Norm2, gated, block.Fc1) : Factors(block.Norm2, block.Fc1);
        return
        [
            .. Norm("norm1", block.Norm1, attention),
            .. Linear("query", block.Query.Weight, attention, null, Bias(block.Query)),
            .. Linear("key", block.Key.Weight, attention, null, KeepsKeyBias ? Bias(block.Key) : null),
            .. Linear("value", block.Value.Weight, attention, null, block.AttentionNorm is null ? null : Bias(block.Value)),
            .. Norm("query_norm", block.QueryNorm, null),
            .. Norm("key_norm", block.KeyNorm, null),
            .. Norm("attention_norm", block.AttentionNorm, null),
            .. Linear("projection", block.Projection.Weight, null, block.LayerScale1, ProjectionBias),
            .. Norm("norm2", block.Norm2, mlp),
            .. block.Gate is { } gate ? Linear("gate", gate.Weight, mlp, null, Bias(gate)) : [],
            .. Linear("fc1", block.Fc1.Weight, mlp, null, Bias(block.Fc1)),
            .. Norm("mlp_norm", block.MlpNorm, null),
            .. Linear("fc2", block.Fc2.Weight, null, block.LayerScale2, Bias(block.Fc2)),
            .. block.Others.Select(weight =>
                chunks.Floats(weight.Role, weight.Slice.Shape, () => checkpoint.ReadFloats(weight.Slice))),
        ];
    }

    /// <summary>Turned keys give each score another part of their bias.</summary>
    private bool KeepsKeyBias => block.KeyNorm is not null || checkpoint.Model.Tower?.Rotary is not null;

    private Lazy<float[]> Factors(NormWeights norm, params LinearWeights[] linears) => new(() => Equaliser.Factors(
        checkpoint.ReadFloats(norm.Weight),
        norm.Bias is { } bias ? checkpoint.ReadFloats(bias) : null,
        [.. linears.Select(linear => checkpoint.ReadFloats(linear.Weight))]));

    private Func<float[]>? Bias(LinearWeights linear) => linear.Bias is { } bias ? () => checkpoint.ReadFloats(bias) : null;

    private IEnumerable<TensorToWrite> Norm(string name, NormWeights? norm, Lazy<float[]>? factors)
    {
        if (norm is null)
            yield break;
        yield return chunks.Floats(name + ".weight", norm.Weight.Shape, () => Divided(norm.Weight, factors));
        if (norm.Bias is { } bias)
            yield return chunks.Floats(name + ".bias", bias.Shape, () => Divided(bias, factors));
    }

    private float[] Divided(WeightSlice slice, Lazy<float[]>? factors)
    {
        float[] values = checkpoint.ReadFloats(slice);
        return factors is null ? values : [.. values.Zip(factors.Value, (value, factor) => value / factor)];
    }

    private IEnumerable<TensorToWrite> Linear(
        string name, WeightSlice weight, Lazy<float[]>? factors, WeightSlice? outputScale, Func<float[]>? bias)
    {
        (int outputs, int inputs) = ((int)weight.Shape[0], (int)weight.Shape[1]);
        float[] scales = [];
        yield return chunks.Bytes(name + ".weight", [inputs, outputs], () =>
        {
            float[] matrix = checkpoint.ReadFloats(weight);
            if (factors is not null)
                Equaliser.MultiplyColumns(matrix, factors.Value);
            QuantisedMatrix quantised = MatrixQuantiser.Quantise(matrix, outputs, form);
            scales = quantised.Scales;
            return quantised.Weights;
        });
        yield return chunks.Floats(name + ".scale", [outputs], () => Scaled(scales, outputScale));
        if (bias is not null)
            yield return chunks.Floats(name + ".bias", [outputs], () => Scaled(bias(), outputScale));
    }

    private float[] Scaled(float[] values, WeightSlice? scale) =>
        scale is null ? values : [.. values.Zip(checkpoint.ReadFloats(scale), (value, factor) => value * factor)];

    /// <summary>b + W · (bias of the values).</summary>
    private float[] ProjectionBias()
    {
        float[] bias = Bias(block.Projection)?.Invoke() ?? new float[block.Projection.Weight.Shape[0]];
        if (block.Value.Bias is not { } values || block.AttentionNorm is not null)
            return bias;
        float[] through = checkpoint.ReadFloats(values), matrix = checkpoint.ReadFloats(block.Projection.Weight);
        return [.. bias.Select((value, j) => (float)(value + Dot(matrix.AsSpan(j * through.Length, through.Length), through)))];
    }

    private static double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i++)
            sum += (double)left[i] * right[i];
        return sum;
    }
}
