using VitGrid.Model.Towers;

namespace VitGrid.Model.Tests.Families.Towered;

/// <summary>Which stored tensor has which role: a naming scheme, as data.</summary>
internal static class WeightBinder
{
    public static TowerNames Published { get; } = new()
    {
        Naming = "registers",
        ClassToken = "prefix.class",
        RegisterTokens = "prefix.registers",
        Position = "positions",
        PositionRank = 2,
        PatchEmbedding = "stem",
        FinalNorm = "last_norm",
        Block = "layers.",
        Norm1 = "norm_a",
        QueryKeyValue = ["q", "k", "v"],
        Projection = "out",
        Norm2 = "norm_b",
        Fc1 = "up",
        Fc2 = "down",
    };
}
