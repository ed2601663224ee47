using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Tests.Families.Towered;

/// <summary>What every encoder of the family has and has not, whatever the first block's tensors let guess.</summary>
internal static class EncoderLayout
{
    public static TowerLayout Read(TensorStore store, TowerNames names, TowerConfig config) =>
        Always(new TowerSurvey(store, names, config).Read());

    public static TowerLayout From(EncoderArchitecture architecture) => Always(TowerLayout.From(WeightBinder.Published, architecture));

    private static TowerLayout Always(TowerLayout layout) => layout with { ClassToken = true, Position = true, KeyBias = false };
}
