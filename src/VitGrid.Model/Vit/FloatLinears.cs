using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Vit;

/// <summary>Linear layers in the type that hidden states have. PyTorch's [out, in] weight is read as it lies.</summary>
internal sealed class FloatLinears(GraphWriter graph) : ILinears
{
    public Operand Prepare(string path, Value x) => new(x);

    public Operand PrepareWide(string path, Value x) => Prepare(path, x);

    public Value Linear(string path, Operand x, LinearWeights weights)
    {
        Value weight = graph.Weight(path + ".weight", weights.Weight);
        ReadOnlySpan<Value> inputs = weights.Bias is { } bias ? [x.Rows, weight, graph.Weight(path + ".bias", bias)] : [x.Rows, weight];
        return graph.Node("Gemm", path, inputs, Attribute("transB", 1L));
    }

    public Operand LinearGelu(string path, string geluPath, Operand x, LinearWeights weights) =>
        new(graph.Node("Gelu", geluPath, [Linear(path, x, weights)]));
}
