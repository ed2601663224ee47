using System.Collections.Immutable;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Clip;

/// <summary>Which stored tensor has which role in the text tower.</summary>
internal static class TextBinder
{
    /// <summary>The projection, which lies outside the tower.</summary>
    public const string Projection = "text_projection.weight";

    /// <summary>As files on the Hub have them; a text tower alone is also saved without a prefix.</summary>
    public static TowerNames Published { get; } = new()
    {
        Naming = "transformers",
        Prefix = "text_model.",
        Position = "embeddings.position_embedding.weight",
        PositionRank = 2,
        PatchEmbedding = "embeddings.token_embedding",
        FinalNorm = "final_layer_norm",
        Block = "encoder.layers.",
        Norm1 = "layer_norm1",
        QueryKeyValue = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
        Projection = "self_attn.out_proj",
        Norm2 = "layer_norm2",
        Fc1 = "mlp.fc1",
        Fc2 = "mlp.fc2",
    };

    /// <summary>All.</summary>
    public static ImmutableArray<TowerNames> Schemes { get; } = [Published, Published with { Prefix = "" }];

    /// <summary>What a checkpoint is refused with that is to be a text tower and has no table of tokens.</summary>
    public static CheckpointException NoTable(TensorStore store) => new(
        $"{store.Source}: holds no {Shown.Text(TextTowerReader.TableOf(Published))}, the tokens of the text tower that its config names: " +
        "this is another model, or only a part of it");
}
