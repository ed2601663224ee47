using System.Collections.Immutable;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Families.InternVit;

/// <summary>Gives each weight its place in the encoder, once a layout is known to hold.</summary>
internal sealed class WeightBinder(IReadOnlyDictionary<string, TensorEntry> tensors, TensorNames names, EncoderLayout layout)
{
    public EncoderWeights Bind() => new(
        Whole(names.Outer(names.ClassToken)),
        Whole(names.Outer(names.PositionEmbedding)),
        Linear(names.Outer(names.PatchEmbedding)),
        [.. Enumerable.Range(0, layout.Depth).Select(Block)]);

    private BlockWeights Block(int block)
    {
        ImmutableArray<LinearWeights> queryKeyValue = QueryKeyValue(block);
        return new BlockWeights(
            Norm(names.Inner(block, names.Norm1), layout.NormBias),
            queryKeyValue[0],
            queryKeyValue[1],
            queryKeyValue[2],
            layout.QueryKeyNorm ? Norm(names.Inner(block, names.QueryNorm), false) : null,
            layout.QueryKeyNorm ? Norm(names.Inner(block, names.KeyNorm), false) : null,
            Linear(names.Inner(block, names.Projection)),
            Scale(block, names.LayerScale1),
            Norm(names.Inner(block, names.Norm2), layout.NormBias),
            Linear(names.Inner(block, names.Fc1)),
            Linear(names.Inner(block, names.Fc2)),
            Scale(block, names.LayerScale2));
    }

    private ImmutableArray<LinearWeights> QueryKeyValue(int block)
    {
        int parts = 3 / names.QueryKeyValue.Length;
        return
        [
            .. from stem in names.QueryKeyValue
               from part in Enumerable.Range(0, parts)
               select Rows(names.Inner(block, stem), part, parts),
        ];
    }

    private LinearWeights Rows(string stem, int part, int parts) => new(
        WeightSlice.Rows(tensors[TensorNames.Weight(stem)], part, parts),
        layout.QueryKeyValueBias ? WeightSlice.Rows(tensors[TensorNames.Bias(stem)], part, parts) : null);

    private LinearWeights Linear(string stem) => new(Whole(TensorNames.Weight(stem)), Whole(TensorNames.Bias(stem)));

    private NormWeights Norm(string stem, bool bias) => new(Whole(TensorNames.Weight(stem)), bias ? Whole(TensorNames.Bias(stem)) : null);

    private WeightSlice? Scale(int block, string name) => layout.LayerScale ? Whole(names.Inner(block, name)) : null;

    private WeightSlice Whole(string name) => WeightSlice.Whole(tensors[name]);
}
