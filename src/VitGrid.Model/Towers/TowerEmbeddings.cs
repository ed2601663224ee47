using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Vit;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Towers;

/// <summary>
/// From embedded patches to the first block's input: norm of the patches → positions → class token, distillation token and registers in
/// front → norm of all. What a checkpoint does not have is passed over.
/// </summary>
internal sealed class TowerEmbeddings(GraphWriter graph, EncoderModel model, EncoderWeights weights, InputSize size)
{
    private readonly EncoderArchitecture _architecture = model.Architecture;
    private readonly Layers _layers = new(graph, model.Architecture);
    private readonly PatchEmbedding _patches = new(graph, model, weights, size);

    private int Height => size.Height / _architecture.PatchSize;

    private int Breadth => size.Width / _architecture.PatchSize;

    private int Grid => _architecture.ImageSize / _architecture.PatchSize;

    /// <summary>The image as tokens: [B·T, D].</summary>
    public Value Apply(SegmentEnds ends)
    {
        Value patches = ends.EmbeddedPatches(_patches);
        if (Norm(Roles.PatchNorm) is { } patchNorm)
            patches = _layers.Norm("embeddings/patch_norm", patches, patchNorm);
        if (weights.PositionEmbedding is not null)
            patches = graph.Node("Add", "embeddings/placed", [patches, GridPositions()]);
        Value[] prefix = [.. Prefix(patches)];
        Value rows = ends.Rows(
            prefix.Length == 0 ? patches : graph.Node("Concat", "embeddings/tokens", [.. prefix, patches], Attribute("axis", 1L)));
        return Norm(Roles.PreNorm) is { } preNorm ? _layers.Norm("embeddings/norm", rows, preNorm) : rows;
    }

    /// <summary>What stands before the patches: [B, 1, D] each, registers [B, R, D].</summary>
    private IEnumerable<Value> Prefix(Value patches)
    {
        WeightSlice?[] placed = [weights.ClassToken, weights.Find(Roles.DistillationToken)];
        string[] names = ["class", "distillation"];
        int stored = PositionRows() - (Grid * Grid);
        for (int i = 0; i < placed.Length; i++)
        {
            if (placed[i] is not { } token)
                continue;
            string path = "embeddings/" + names[i];
            Value repeated = _patches.Repeat(path, token, patches);
            yield return i < stored
                ? graph.Node("Add", path + "/placed", [repeated, graph.Weight(path + "/position", Positions(i, 1), 1, _architecture.Width)])
                : repeated;
        }
        if (weights.Find(Roles.RegisterTokens) is { } registers)
            yield return _patches.Repeat("embeddings/registers", registers, patches);
    }

    /// <summary>Positions of the grid, [P, D]: the stored ones at their own grid, fitted to any other.</summary>
    private Value GridPositions()
    {
        int first = PositionRows() - (Grid * Grid), width = _architecture.Width;
        bool isOwn = Height == Grid && Breadth == Grid;
        if (isOwn && !graph.IsResizable)
            return graph.Weight("embeddings/position", Positions(first, Grid * Grid), Grid * Grid, width);
        Span<float> table = model.ReadFloats(model.Weights.PositionEmbedding!).AsSpan(first * width);
        ReadOnlySpan<float> fitted = isOwn
            ? table
            : PositionTable.FitGrid(table, width, Grid, Height, Breadth, _architecture.Interpolation);
        return graph.Computed("embeddings/position", graph.Sized("embeddings/position.fitted", fitted, Height * Breadth, width));
    }

    private int PositionRows() => weights.PositionEmbedding is { } table ? (int)(table.Elements / _architecture.Width) : 0;

    private WeightSlice Positions(int first, int rows) =>
        weights.PositionEmbedding!.Part(first * (long)_architecture.Width, rows, _architecture.Width);

    private NormWeights? Norm(string role) =>
        weights.Find(Roles.Weight(role)) is { } weight ? new(weight, weights.Find(Roles.Bias(role))) : null;
}
