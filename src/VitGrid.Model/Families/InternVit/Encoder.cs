using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Model.Vit;

namespace VitGrid.Model.Families.InternVit;

/// <summary>
/// InternViT, or the run of blocks that one segment holds: patch embedding → class token → position → blocks → pooling.
/// There is no final norm: the last hidden state is the output of the last block.
/// </summary>
internal sealed class Encoder(GraphWriter graph, EncoderModel model, SegmentRequest request)
{
    private readonly EncoderWeights _weights = request.Weights ?? model.Weights;
    private readonly SegmentEnds _ends = new(graph, model.Architecture, request);

    /// <summary>Writes the segment's graph: its input, its blocks, its outputs.</summary>
    public void Build()
    {
        Value x = request.Blocks.First == 0 ? Embeddings() : _ends.HiddenState();
        if (request.Blocks.First == 0)
            Emit(layer: 0, x);

        Block block = new(graph, Linears.For(graph, _weights), model.Architecture, _ends.Tokens);
        for (int i = request.Blocks.First; i < request.Blocks.End; i++)
        {
            x = block.Apply($"blocks.{i}", x, _weights.Blocks[i]);
            Emit(layer: i + 1, x);
        }
    }

    private void Emit(int layer, Value rows)
    {
        _ends.Emit(layer, rows);
        if (request.VisualTokens && model.Projector is { } projector && projector.Layer == layer)
            new VisualTokenLayer(graph, model.Architecture, projector, request.InputSize).Emit(rows);
    }

    /// <summary>The image as tokens: [B, H, W, 3] or [B, 3, H, W] → [B·T, D].</summary>
    private Value Embeddings()
    {
        PatchEmbedding embedding = new(graph, model, _weights, request.InputSize);
        Value patches = _ends.EmbeddedPatches(embedding);
        return _ends.Rows(embedding.WithClassAndPosition(patches));
    }
}
