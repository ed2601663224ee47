using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;

namespace VitGrid.Model.Vit;

/// <summary>What every segment has around its blocks: where tokens come from and what is given out. Tokens are rows of D numbers.</summary>
internal sealed class SegmentEnds(GraphWriter graph, EncoderArchitecture architecture, SegmentRequest request)
{
    private readonly int _tokens = request.InputSize.Tokens(architecture);
    private readonly PoolingLayer _pooling = new(graph, architecture, request.InputSize.Tokens(architecture));

    /// <summary>T, the tokens of one image.</summary>
    public int Tokens => _tokens;

    /// <summary>Class token and mean.</summary>
    public PoolingLayer Pooling => _pooling;

    /// <summary>The image cut into embedded patches: [B, H, W, 3] or [B, 3, H, W] → [B, P, D].</summary>
    public Value EmbeddedPatches(PatchEmbedding embedding)
    {
        (long height, long width) = (graph.Size(request.InputSize.Height), graph.Size(request.InputSize.Width));
        return embedding.Embed(request.Input == SegmentInput.Pixels
            ? embedding.PatchesOfRows(embedding.Normalise(graph.Input(SegmentNames.Pixels, PixelElement, -1, height, width, 3)))
            : embedding.PatchesOfPlanes(graph.Input(SegmentNames.PixelValues, ElementType.Float, -1, 3, height, width)));
    }

    private ElementType PixelElement => request.InputSize.Samples == PixelType.Single ? ElementType.Float : ElementType.UInt8;

    /// <summary>Tokens as the blocks take them: [B, T, D] → [B·T, D].</summary>
    public Value Rows(Value tokens) => graph.Reshape("embeddings/rows", tokens, -1, architecture.Width);

    /// <summary>What the segment before left: [B, T, D] → [B·T, D].</summary>
    public Value HiddenState()
    {
        string name = SegmentNames.HiddenState(request.Blocks.First);
        Value hidden = graph.Input(name, graph.Compute, -1, graph.Size(_tokens), architecture.Width);
        return graph.Reshape($"{name}/rows", hidden, -1, architecture.Width);
    }

    /// <summary>Gives out what was asked for of the hidden state after <paramref name="layer"/> blocks.</summary>
    public void Emit(int layer, Value rows)
    {
        bool whole = request.HiddenStates.Contains(layer) || (layer == request.Blocks.End && layer < architecture.Depth);
        bool pooled = request.PooledLayers.Contains(layer);
        if (!whole && !pooled)
            return;
        Value state = Images(SegmentNames.HiddenState(layer), rows);
        if (whole)
            Output(state);
        if (pooled)
            _pooling.Emit(layer, state);
    }

    /// <summary>Tokens by image: [B·T, D] → [B, T, D].</summary>
    public Value Images(string path, Value rows) => graph.Images(path, rows, _tokens, architecture.Width);

    /// <summary>Gives out [B, T, D] in the type that is computed in.</summary>
    public void Output(Value state) => graph.Output(state, graph.Compute, -1, graph.Size(_tokens), architecture.Width);
}
