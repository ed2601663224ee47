using System.Collections.Immutable;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Beit;

/// <summary>Which stored tensor has which role.</summary>
internal static class WeightBinder
{
    /// <summary>The norm of the mean.</summary>
    public const string MeanNorm = "pooler.layernorm";

    private const string Table = "relative_position_bias.relative_position_bias_table";

    /// <summary>As files on the Hub have them.</summary>
    public static TowerNames Published { get; } = Add(BertNames.Published, "attention.attention.");

    /// <summary>All, the likeliest first.</summary>
    public static ImmutableArray<TowerNames> Schemes { get; } =
    [
        .. new[] { "", "beit." }.SelectMany(prefix => new[]
        {
            Published with { Prefix = prefix }, Add(BertNames.InMemory, "attention.") with { Prefix = prefix },
        }),
        TimmNames.Common,
    ];

    /// <summary>The norm of the mean of the patches.</summary>
    public static IEnumerable<StoredTensor> PooledNorm(TowerNames names, int width) =>
        StoredTensor.Norm(names.Outer(MeanNorm), Roles.MeanNorm, width);

    /// <summary>
    /// Whether a norm of the training task lies beside the encoder: under a name that is the encoder's own last norm's where it has no
    /// prefix.
    /// </summary>
    public static bool HasTaskNorm(TensorStore store, TowerNames names) =>
        names.Prefix.Length > 0 && store.Tensors.ContainsKey("lm_head.weight") && store.Tensors.ContainsKey("layernorm.weight");

    /// <summary>That norm.</summary>
    public static IEnumerable<StoredTensor> TaskNorm(int width) => StoredTensor.Norm("layernorm", Roles.TaskNorm, width);

    private static TowerNames Add(TowerNames names, string attention) => names with
    {
        DistillationToken = null,
        SharedRelativePosition = "encoder." + Table,
        RelativePosition = attention + Table,
        LayerScale1 = "lambda_1",
        LayerScale2 = "lambda_2",
    };
}
