using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.PerceptionEncoder;

/// <summary>
/// Patches without bias, mostly a class token, positions, a norm before the first block; core: one after the last, and a head.
/// </summary>
internal static class EncoderLayout
{
    /// <summary>The layout of a shape of core, as published.</summary>
    public static TowerLayout From(EncoderArchitecture architecture)
    {
        TowerLayout layout = TowerLayout.From(WeightBinder.Core, architecture);
        return layout with { PatchBias = false, Head = WeightBinder.Head(layout.Width, architecture.Poolings.HeadWidth) };
    }
}
