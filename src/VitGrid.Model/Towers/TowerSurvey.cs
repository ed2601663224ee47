using VitGrid.Model.Configs;
using VitGrid.Model.Families;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Towers;

/// <summary>
/// Reads a layout from the shapes of stored tensors and holds it against the config. Parts that some encoders of a scheme have are there
/// where
/// the first block has them; then every block must. A family says afterwards what it must or cannot have.
/// </summary>
internal sealed class TowerSurvey(TensorStore store, TowerNames names, TowerConfig config)
{
    /// <summary>Reads the layout.</summary>
    /// <exception cref="CheckpointException">A tensor that tells a size is missing, or the config denies what a shape says.</exception>
    public TowerLayout Read()
    {
        int depth = DepthOf(store, names, config.Depth);
        RequireTelling();
        TensorEntry patch = Entry(names.Outer(StoredTensor.WeightOf(names.PatchEmbedding)));
        TensorEntry fc1 = Entry(InnerWeight(names.Fc1)), fc2 = Entry(InnerWeight(names.Fc2));
        int mlpWidth = TensorCheck.Side(fc2, 2, 1);
        bool matrix = patch.Shape.Length == 2;
        int width = TensorCheck.Agree(TensorCheck.Side(patch, matrix ? 2 : 4, 0), patch, "the encoder", config.Width);
        int patchSize = TensorCheck.Agree(PatchSize(patch), patch, "a patch", config.PatchSize);
        (int prefix, int grid) = Position(patchSize);
        bool separate = names.SeparateBiases is { } biases && Has(names.Inner(0, biases.Query));
        return new()
        {
            Names = names,
            Width = width,
            Depth = depth,
            Heads = HeadsOf(store, width, config.Heads),
            MlpWidth = TensorCheck.Agree(mlpWidth, fc2, "the MLP", config.MlpWidth),
            PatchSize = patchSize,
            Grid = grid,
            ClassToken = HasOuter(names.ClassToken),
            DistillationToken = HasOuter(names.DistillationToken),
            Registers = HasOuter(names.RegisterTokens) ? TensorCheck.Side(Entry(names.Outer(names.RegisterTokens!)), 3, 1) : 0,
            Position = HasOuter(names.Position),
            PositionPrefix = prefix,
            PatchMatrix = matrix,
            PatchBias = Has(names.Outer(StoredTensor.BiasOf(names.PatchEmbedding))),
            PatchNorm = names.PatchNorm is not null,
            PreNorm = names.PreNorm is not null,
            FinalNorm = names.FinalNorm is not null,
            NormBias = Has(InnerBias(names.Norm1)),
            QueryBias = separate || Has(InnerBias(names.QueryKeyValue[0])),
            KeyBias = !separate && Has(InnerBias(names.QueryKeyValue is [_, var key, _] ? key : names.QueryKeyValue[0])),
            ValueBias = separate || Has(InnerBias(names.QueryKeyValue[^1])),
            ProjectionBias = Has(InnerBias(names.Projection)),
            MlpBias = Has(InnerBias(names.Fc2)),
            AttentionNorm = names.AttentionNorm is { } attentionNorm && Has(InnerWeight(attentionNorm)),
            LayerScale = names.LayerScale1 is { } scale && Has(names.Inner(0, scale)),
            Gated = names.Gate is { } gate ? Has(InnerWeight(gate)) : fc1.Shape is [var rows, _] && rows == 2L * mlpWidth,
            MlpNorm = names.MlpNorm is { } mlpNorm && Has(InnerWeight(mlpNorm)),
            RelativePosition = names.RelativePosition is { } relative && Has(names.Inner(0, relative)),
            SharedRelativePosition = HasOuter(names.SharedRelativePosition),
        };
    }

    /// <summary>The number of blocks that tensors are named for.</summary>
    public static int DepthOf(TensorStore store, TowerNames names, Claim<int>? stated)
    {
        int? last = store.Tensors.Keys.Max(names.BlockOf);
        if (last is not { } found)
        {
            throw new CheckpointException(
                $"{store.Source}: holds no tensor named {Shown.Text(names.Prefix + names.Block + "0.…")}: it holds another model than " +
                $"its config says, or only a part of it");
        }
        return stated is not { } claim || claim.Value == found + 1
            ? found + 1
            : throw new CheckpointException(
                $"{store.Source}: holds blocks 0 to {found}, but {claim.Text}; fetch all weight files of the checkpoint, or " +
                $"{TensorCheck.Remedy}");
    }

    private void RequireTelling() => TensorCheck.RequireAll(
        store,
        [
            .. new[] { names.Outer(StoredTensor.WeightOf(names.PatchEmbedding)), InnerWeight(names.Fc1), InnerWeight(names.Fc2) }
                .Select(name => new Encoders.ExpectedTensor(name, Encoders.WeightKind.Matrix, [])),
        ],
        config.Depth?.Value ?? 1,
        config.Depth);

    private static int PatchSize(TensorEntry patch)
    {
        if (patch.Shape is [_, var pixels] && pixels % 3 == 0 && (int)Math.Sqrt(pixels / 3.0) is var side && 3L * side * side == pixels)
            return side;
        int rows = TensorCheck.Side(patch, 4, 2);
        return rows == TensorCheck.Side(patch, 4, 3)
            ? rows
            : throw new CheckpointException($"{Shown.Tensor(patch)}; only square patches are served");
    }

    /// <summary>The heads that are claimed, which must divide the width.</summary>
    public static int HeadsOf(TensorStore store, int width, Claim<int> claim) => claim.Value > 0 && width % claim.Value == 0
        ? claim.Value
        : throw new CheckpointException(
            $"{store.Source}: the encoder is {width} wide, which {claim.Value} heads do not divide, but {claim.Text}; " +
            TensorCheck.Remedy);

    /// <summary>Rows before the grid, and the grid's side: of the stored positions, or what the config says.</summary>
    private (int Prefix, int Grid) Position(int patchSize)
    {
        int? claimed = config.ImageSize is { } size ? size.Value / patchSize : null;
        if (!HasOuter(names.Position))
            return (0, claimed ?? 0);
        TensorEntry table = Entry(names.Outer(names.Position!));
        int rows = TensorCheck.Side(table, names.PositionRank, names.PositionRank - 2);
        int tokens = (HasOuter(names.ClassToken) ? 1 : 0) + (HasOuter(names.DistillationToken) ? 1 : 0);
        foreach (int prefix in (ReadOnlySpan<int>)[tokens, 0])
        {
            int grid = (int)Math.Sqrt(rows - prefix);
            if (rows > prefix && grid * grid == rows - prefix && (claimed is null || claimed == grid))
                return (prefix, grid);
        }
        throw new CheckpointException(
            $"{Shown.Tensor(table)}; it must have {tokens} rows and a square's, or the square's alone" +
            $"{(config.ImageSize is { } stated ? $", for {stated.Text}" : "")}; {TensorCheck.Remedy}");
    }

    private bool Has(string name) => store.Tensors.ContainsKey(name);

    private bool HasOuter(string? name) => name is not null && Has(names.Outer(name));

    private TensorEntry Entry(string name) => store.Tensors[name];

    private string InnerWeight(string stem) => names.Inner(0, StoredTensor.WeightOf(stem));

    private string InnerBias(string stem) => names.Inner(0, StoredTensor.BiasOf(stem));
}
