using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.InternVit;

/// <summary>
/// The numbers that decide which tensors an encoder has and their shapes; the one place that knows them, for reading,
/// checking and writing alike.
/// </summary>
internal sealed record EncoderLayout
{
    public int Width { get; init; }

    public required int Depth { get; init; }

    public int MlpWidth { get; init; }

    public int PatchSize { get; init; }

    /// <summary>Side of the position embedding's grid, in patches.</summary>
    public int Grid { get; init; }

    public required bool NormBias { get; init; }

    public required bool QueryKeyNorm { get; init; }

    public required bool QueryKeyValueBias { get; init; }

    public required bool LayerScale { get; init; }

    /// <summary>All tensors under <paramref name="names"/>, outer ones first, then block by block.</summary>
    public IEnumerable<ExpectedTensor> Tensors(TensorNames names)
    {
        yield return new(names.Outer(names.ClassToken), WeightKind.Token, [1, 1, Width]);
        yield return new(names.Outer(names.PositionEmbedding), WeightKind.Token, [1, 1 + ((long)Grid * Grid), Width]);
        yield return new(names.Outer(TensorNames.Weight(names.PatchEmbedding)), WeightKind.Matrix, [Width, 3, PatchSize, PatchSize]);
        yield return new(names.Outer(TensorNames.Bias(names.PatchEmbedding)), WeightKind.Bias, [Width]);
        for (int block = 0; block < Depth; block++)
        {
            foreach (ExpectedTensor tensor in BlockTensors(names))
                yield return tensor with { Name = names.Inner(block, tensor.Name) };
        }
    }

    private IEnumerable<ExpectedTensor> BlockTensors(TensorNames names)
    {
        int parts = names.QueryKeyValue.Length;
        IEnumerable<ExpectedTensor>[] groups =
        [
            Norm(names.Norm1, NormBias),
            names.QueryKeyValue.SelectMany(stem => Linear(stem, 3 * Width / parts, Width, QueryKeyValueBias)),
            QueryKeyNorm ? [.. Norm(names.QueryNorm, false), .. Norm(names.KeyNorm, false)] : [],
            Linear(names.Projection, Width, Width, true),
            Scale(names.LayerScale1),
            Norm(names.Norm2, NormBias),
            Linear(names.Fc1, MlpWidth, Width, true),
            Linear(names.Fc2, Width, MlpWidth, true),
            Scale(names.LayerScale2),
        ];
        return groups.SelectMany(group => group);
    }

    private IEnumerable<ExpectedTensor> Norm(string stem, bool bias)
    {
        yield return new(TensorNames.Weight(stem), WeightKind.NormWeight, [Width]);
        if (bias)
            yield return new(TensorNames.Bias(stem), WeightKind.Bias, [Width]);
    }

    private static IEnumerable<ExpectedTensor> Linear(string stem, int outputs, int inputs, bool bias)
    {
        yield return new(TensorNames.Weight(stem), WeightKind.Matrix, [outputs, inputs]);
        if (bias)
            yield return new(TensorNames.Bias(stem), WeightKind.Bias, [outputs]);
    }

    private ExpectedTensor[] Scale(string name) => LayerScale ? [new(name, WeightKind.LayerScale, [Width])] : [];
}
