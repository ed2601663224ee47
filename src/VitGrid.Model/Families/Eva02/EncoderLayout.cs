using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Eva02;

/// <summary>
/// A class token and positions, queries and keys turned besides, keys without bias, a gated MLP; small ones have q, k, v and the gate
/// fused,
/// large ones apart, and a norm inside the MLP.
/// </summary>
internal static class EncoderLayout
{
    /// <summary>The layout of a shape, as published.</summary>
    public static TowerLayout From(EncoderArchitecture architecture)
    {
        bool small = architecture.Width < 768;
        TowerLayout layout = TowerLayout.From(small ? WeightBinder.Fused : WeightBinder.Apart, architecture);
        return layout with
        {
            KeyBias = false,
            MlpNorm = !small,
            Head = [.. StoredTensor.Norm(WeightBinder.MeanNorm, Roles.MeanNorm, layout.Width)],
        };
    }
}
