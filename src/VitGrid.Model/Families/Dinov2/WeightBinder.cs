using System.Collections.Immutable;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Dinov2;

/// <summary>Which stored tensor has which role.</summary>
internal static class WeightBinder
{
    /// <summary>As files on the Hub have them.</summary>
    public static TowerNames Published { get; } = BertNames.Published with
    {
        DistillationToken = null,
        RegisterTokens = "embeddings.register_tokens",
        Norm1 = "norm1",
        LayerScale1 = "layer_scale1.lambda1",
        Norm2 = "norm2",
        Fc1 = "mlp.fc1",
        Fc2 = "mlp.fc2",
        LayerScale2 = "layer_scale2.lambda1",
        Head = [],
    };

    /// <summary>The same with the gate's rows over those of the layer beside it: the giant's.</summary>
    public static TowerNames PublishedGated { get; } = Published with { Fc1 = "mlp.weights_in", Fc2 = "mlp.weights_out" };

    /// <summary>All, the likeliest first.</summary>
    public static ImmutableArray<TowerNames> Schemes { get; } =
    [
        .. from prefix in new[] { "", "dinov2.", "dinov2_with_registers." }
           from names in new[] { Published, PublishedGated, InMemory(Published), InMemory(Gate(Published)) }
           select names with { Prefix = prefix },
        TimmNames.Common,
    ];

    private static TowerNames InMemory(TowerNames names) => names with
    {
        Naming = BertNames.InMemory.Naming,
        QueryKeyValue = BertNames.InMemory.QueryKeyValue,
        Projection = BertNames.InMemory.Projection,
    };

    private static TowerNames Gate(TowerNames names) =>
        names with { Gate = "mlp.gate_proj", Fc1 = "mlp.up_proj", Fc2 = "mlp.down_proj" };
}
