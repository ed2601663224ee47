using System.Collections.Immutable;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.OpenClip;

/// <summary>Which stored tensor has which role in the text tower.</summary>
internal static class TextBinder
{
    private const string Matrix = "text_projection";

    /// <summary>The text tower of <c>CLIP</c>, whose tensors have no prefix.</summary>
    public static TowerNames Plain { get; } = WeightBinder.Own with
    {
        Prefix = "",
        ClassToken = null,
        PatchEmbedding = "token_embedding",
        PreNorm = null,
        FinalNorm = "ln_final",
        Head = [Matrix],
    };

    /// <summary>All: the names tell, whatever the config calls the class.</summary>
    public static ImmutableArray<TowerNames> Schemes { get; } = [Plain, Plain with { Prefix = "text." }];

    /// <summary>What ends the tower: a matrix that rows are multiplied with, or a linear layer; null: nothing does.</summary>
    public static TextProjection? Projection(TensorStore store, TowerNames names)
    {
        string matrix = names.Outer(Matrix), layer = matrix + ".weight", bias = matrix + ".bias";
        return store.Tensors.ContainsKey(matrix)
            ? new(matrix, ByColumns: true)
            : store.Tensors.ContainsKey(layer) ? new(layer, store.Tensors.ContainsKey(bias) ? bias : null) : null;
    }
}
