using VitGrid.Model.Configs;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Families.InternVit;

/// <summary>Reads an encoder's layout from tensor names and shapes and holds each number against the config.</summary>
internal sealed class LayoutReader(TensorStore store, TensorNames names, EncoderConfig config)
{
    public EncoderLayout Read()
    {
        EncoderLayout parts = BlockSurvey.Layout(store, names, config);
        TensorCheck.RequireAll(store, [.. parts.Tensors(names)], parts.Depth, config.Depth);
        EncoderLayout layout = parts with { Width = Width(), MlpWidth = MlpWidth(), PatchSize = PatchSize(), Grid = Grid() };
        TensorCheck.RequireShapesAndTypes(store, layout.Tensors(names));
        return layout;
    }

    private int Width() => TensorCheck.Agree(TensorCheck.Side(Patch, rank: 4, axis: 0), Patch, "the encoder", config.Width);

    private int MlpWidth() => TensorCheck.Agree(TensorCheck.Side(Fc1, rank: 2, axis: 0), Fc1, "the MLP", config.MlpWidth);

    private int PatchSize() => TensorCheck.Agree(TensorCheck.Side(Patch, rank: 4, axis: 2), Patch, "a patch", config.PatchSize);

    private TensorEntry Patch => store.Tensors[names.Outer(TensorNames.Weight(names.PatchEmbedding))];

    private TensorEntry Fc1 => store.Tensors[names.Inner(0, TensorNames.Weight(names.Fc1))];

    private int Grid()
    {
        TensorEntry positions = store.Tensors[names.Outer(names.PositionEmbedding)];
        int patches = TensorCheck.Side(positions, rank: 3, axis: 1) - 1;
        int grid = (int)Math.Sqrt(patches);
        if (grid < 1 || grid * grid != patches)
        {
            throw new CheckpointException(
                $"{Shown.Tensor(positions)}; its rows must be 1 plus a square number: only square grids are served");
        }
        int patch = TensorCheck.Side(Patch, rank: 4, axis: 2);
        Claim<int>[] sizes = [.. config.ImageSizes];
        return sizes.Length == 0 || sizes.Any(size => size.Value / patch == grid)
            ? grid
            : throw new CheckpointException(
                $"{Shown.Tensor(positions)}, a grid of {grid} x {grid} patches of {patch} pixels, but " +
                $"{string.Join(" and ", sizes.Select(size => size.Text))}; {TensorCheck.Remedy}");
    }
}
