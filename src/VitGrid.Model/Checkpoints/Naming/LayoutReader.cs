using VitGrid.Model.Checkpoints.Configs;
using VitGrid.Model.Checkpoints.Safetensors;

namespace VitGrid.Model.Checkpoints.Naming;

/// <summary>Reads an encoder's layout from tensor names and shapes and holds each number against the config.</summary>
internal sealed class LayoutReader(TensorStore store, TensorNames names, EncoderConfig config)
{
    public const string Remedy = "correct the config or use the one that belongs to these weights";

    private const int MaxSide = 1 << 20;

    public EncoderLayout Read()
    {
        EncoderLayout parts = BlockSurvey.Layout(store, names, config);
        RequireAll(parts);
        EncoderLayout layout = parts with { Width = Width(), MlpWidth = MlpWidth(), PatchSize = PatchSize(), Grid = Grid() };
        foreach (ExpectedTensor expected in layout.Tensors(names))
            RequireShapeAndType(expected);
        return layout;
    }

    private void RequireAll(EncoderLayout layout)
    {
        string[] expected = [.. layout.Tensors(names).Select(tensor => tensor.Name)];
        string[] missing = [.. expected.Where(name => !store.Tensors.ContainsKey(name))];
        if (missing.Length > 0)
        {
            string calls = config.Depth is { } depth ? $" ({depth.Text})" : "";
            throw new CheckpointException(
                $"{store.Source}: lacks {missing.Length} of {expected.Length} tensors of an encoder with " +
                $"{layout.Depth} blocks{calls}: {Shown.Names(missing)}; fetch all weight files of the checkpoint");
        }
    }

    private int Width() => Checked(Side(Patch, rank: 4, axis: 0), Patch, "the encoder", config.Width);

    private int MlpWidth() => Checked(Side(Fc1, rank: 2, axis: 0), Fc1, "the MLP", config.MlpWidth);

    private int PatchSize() => Checked(Side(Patch, rank: 4, axis: 2), Patch, "a patch", config.PatchSize);

    private TensorEntry Patch => store.Tensors[names.Outer(TensorNames.Weight(names.PatchEmbedding))];

    private TensorEntry Fc1 => store.Tensors[names.Inner(0, TensorNames.Weight(names.Fc1))];

    private int Grid()
    {
        TensorEntry positions = store.Tensors[names.Outer(names.PositionEmbedding)];
        int patches = Side(positions, rank: 3, axis: 1) - 1;
        int grid = (int)Math.Sqrt(patches);
        if (grid < 1 || grid * grid != patches)
        {
            throw new CheckpointException(
                $"{Shown.Tensor(positions)}; its rows must be 1 plus a square number: only square grids are served");
        }
        int patch = Side(Patch, rank: 4, axis: 2);
        Claim<int>[] sizes = [.. config.ImageSizes];
        return sizes.Length == 0 || sizes.Any(size => size.Value / patch == grid)
            ? grid
            : throw new CheckpointException(
                $"{Shown.Tensor(positions)}, a grid of {grid} x {grid} patches of {patch} pixels, but " +
                $"{string.Join(" and ", sizes.Select(size => size.Text))}; {Remedy}");
    }

    private static int Checked(int found, TensorEntry tensor, string what, Claim<int>? claim) => claim is null || claim.Value == found
        ? found
        : throw new CheckpointException($"{Shown.Tensor(tensor)}, so {what} is {found} wide, but {claim.Text}; {Remedy}");

    private static int Side(TensorEntry tensor, int rank, int axis)
    {
        if (tensor.Shape.Length != rank || tensor.Shape.Any(side => side is < 1 or > MaxSide))
            throw new CheckpointException($"{Shown.Tensor(tensor)}; expected {rank} dimensions from 1 to {MaxSide}: this is another model");
        return (int)tensor.Shape[axis];
    }

    private void RequireShapeAndType(ExpectedTensor expected)
    {
        TensorEntry tensor = store.Tensors[expected.Name];
        if (!tensor.Shape.SequenceEqual(expected.Shape))
        {
            throw new CheckpointException(
                $"{Shown.Tensor(tensor)}; the other tensors call for {Shown.Shape(expected.Shape)}: " +
                "the weights are of different models or of one that is not served");
        }
        if (!FloatWidening.Reads(tensor.Type))
        {
            throw new CheckpointException(
                $"{tensor.File}: tensor {Shown.Text(tensor.Name)} is {Shown.Raw(tensor.TypeCode)}; an encoder's tensors must be F32, " +
                "F16 or BF16: convert it");
        }
    }
}
