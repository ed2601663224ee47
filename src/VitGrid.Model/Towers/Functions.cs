using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Towers;

/// <summary>The functions between the layers of an MLP.</summary>
internal sealed class Functions(GraphWriter graph)
{
    /// <summary>Number by number.</summary>
    public Value Apply(string path, Value x, MlpFunction function) => function switch
    {
        MlpFunction.TanhGelu => graph.Node("Gelu", path, [x], Attribute("approximate", "tanh")),
        MlpFunction.QuickGelu => graph.ContribNode("QuickGelu", path, [x], Attribute("alpha", 1.702f)),
        MlpFunction.Silu => graph.ContribNode("QuickGelu", path, [x], Attribute("alpha", 1f)),
        _ => graph.Node("Gelu", path, [x]),
    };
}
