using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Model.Vit;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Tests.Families.Registers;

/// <summary>Patch embedding → class token → position → registers → blocks → final norm → pooling.</summary>
internal sealed class Encoder(GraphWriter graph, EncoderModel model, SegmentRequest request)
{
    private readonly EncoderWeights _weights = request.Weights ?? model.Weights;
    private readonly SegmentEnds _ends = new(graph, model.Architecture, request);

    public void Build()
    {
        Value x = request.Blocks.First == 0 ? Embeddings() : _ends.HiddenState();
        if (request.Blocks.First == 0)
            _ends.Emit(layer: 0, x);

        Block block = new(graph, Linears.For(graph, _weights), model.Architecture, _ends.Tokens);
        for (int i = request.Blocks.First; i < request.Blocks.End; i++)
        {
            x = block.Apply($"blocks.{i}", x, _weights.Blocks[i]);
            _ends.Emit(layer: i + 1, i + 1 == model.Architecture.Depth ? FinalNorm(x) : x);
        }
    }

    private Value FinalNorm(Value x) => new Layers(graph, model.Architecture).Norm(
        "final_norm", x, new(_weights.Other(WeightBinder.FinalNormWeight), _weights.Other(WeightBinder.FinalNormBias)));

    /// <summary>Registers have no position: they come between class token and patches after it was added. [B·T, D].</summary>
    private Value Embeddings()
    {
        PatchEmbedding embedding = new(graph, model, _weights, request.InputSize);
        Value placed = embedding.WithClassAndPosition(_ends.EmbeddedPatches(embedding));
        Value first = graph.Slice("embeddings/first", placed, axis: 1, (0, 1));
        Value patches = graph.Slice("embeddings/rest", placed, axis: 1, (1, long.MaxValue));
        Value registers = embedding.Repeat("embeddings/registers", _weights.Other(WeightBinder.Registers), placed);
        return _ends.Rows(graph.Node("Concat", "embeddings/all", [first, registers, patches], Attribute("axis", 1L)));
    }
}
