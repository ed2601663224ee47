using VitGrid.Model.Checkpoints;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;

namespace VitGrid.Model.Vit;

/// <summary>
/// The encoder, or the run of blocks that one segment holds: patch embedding → class token → position → blocks → pooling.
/// There is no final norm: the last hidden state is the output of the last block.
/// </summary>
internal sealed class Encoder(GraphWriter graph, Checkpoint checkpoint, EncoderWeights weights, SegmentRequest request)
{
    private readonly EncoderArchitecture _architecture = checkpoint.Architecture;
    private readonly int _tokens = request.InputSize.Tokens(checkpoint.Architecture.PatchSize);

    /// <summary>Writes the segment's graph: its input, its blocks, its outputs.</summary>
    public void Build()
    {
        Pooling pooling = new(graph, _tokens, _architecture.Width);
        Value x = request.Blocks.First == 0 ? Embeddings() : HiddenState();
        if (request.Blocks.First == 0)
            Emit(pooling, layer: 0, x);

        Block block = new(graph, Linears(), _architecture, _tokens);
        for (int i = request.Blocks.First; i < request.Blocks.End; i++)
        {
            x = block.Apply($"blocks.{i}", x, weights.Blocks[i]);
            Emit(pooling, layer: i + 1, x);
        }
    }

    private ILinears Linears() => weights.Blocks[0].Query.Scale is null ? new FloatLinears(graph) : new EightBitLinears(graph);

    /// <summary>The image as tokens: [B, H, W, 3] or [B, 3, H, W] → [B·T, D].</summary>
    private Value Embeddings()
    {
        (int height, int width) = (request.InputSize.Height, request.InputSize.Width);
        PatchEmbedding embedding = new(graph, checkpoint, weights, request.InputSize);
        Value patches = request.Input == SegmentInput.Pixels
            ? embedding.PatchesOfRows(embedding.Normalise(graph.Input(SegmentNames.Pixels, ElementType.UInt8, -1, height, width, 3)))
            : embedding.PatchesOfPlanes(graph.Input(SegmentNames.PixelValues, ElementType.Float, -1, 3, height, width));
        return embedding.Tokens(patches);
    }

    /// <summary>What the segment before left: [B, T, D] → [B·T, D].</summary>
    private Value HiddenState()
    {
        string name = SegmentNames.HiddenState(request.Blocks.First);
        Value hidden = graph.Input(name, graph.Compute, -1, _tokens, _architecture.Width);
        return graph.Node("Reshape", $"{name}/rows", [hidden, graph.Integers($"{name}/rows.shape", -1, _architecture.Width)]);
    }

    /// <summary>Gives out what was asked for of the hidden state after <paramref name="layer"/> blocks.</summary>
    private void Emit(Pooling pooling, int layer, Value rows)
    {
        bool whole = request.HiddenStates.Contains(layer) || (layer == request.Blocks.End && layer < _architecture.Depth);
        bool pooled = request.PooledLayers.Contains(layer);
        if (!whole && !pooled)
            return;
        Value shape = graph.Integers(SegmentNames.HiddenState(layer) + ".shape", -1, _tokens, _architecture.Width);
        Value state = graph.Node("Reshape", SegmentNames.HiddenState(layer), [rows, shape]);
        if (whole)
            graph.Output(state, graph.Compute, -1, _tokens, _architecture.Width);
        if (pooled)
            pooling.Emit(layer, state);
    }
}
