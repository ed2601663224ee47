using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Families;

/// <summary>Holds stored tensors against what an encoder consists of, and against its config.</summary>
internal static class TensorCheck
{
    /// <summary>What to do where config and weights contradict each other.</summary>
    public const string Remedy = "correct the config or use the one that belongs to these weights";

    private const int MaxSide = 1 << 20;

    /// <exception cref="CheckpointException">One of <paramref name="expected"/> is missing; the message lists all that are.</exception>
    public static void RequireAll(TensorStore store, IReadOnlyCollection<ExpectedTensor> expected, int depth, Claim<int>? claim)
    {
        string[] missing = [.. expected.Select(tensor => tensor.Name).Where(name => !store.Tensors.ContainsKey(name))];
        if (missing.Length == 0)
            return;
        string calls = claim is null ? "" : $" ({claim.Text})";
        throw new CheckpointException(
            $"{store.Source}: lacks {missing.Length} of {expected.Count} tensors of an encoder with " +
            $"{depth} blocks{calls}: {Shown.Names(missing)}; fetch all weight files of the checkpoint");
    }

    /// <exception cref="CheckpointException">A tensor has another shape, or elements that are not read.</exception>
    public static void RequireShapesAndTypes(TensorStore store, IEnumerable<ExpectedTensor> expected)
    {
        foreach (ExpectedTensor tensor in expected)
            RequireShapeAndType(store.Tensors[tensor.Name], tensor);
    }

    /// <summary>One dimension of a tensor, the number of its dimensions checked.</summary>
    /// <exception cref="CheckpointException">There are more or fewer dimensions, or one is out of range.</exception>
    public static int Side(TensorEntry tensor, int rank, int axis)
    {
        if (tensor.Shape.Length != rank || tensor.Shape.Any(side => side is < 1 or > MaxSide))
            throw new CheckpointException($"{Shown.Tensor(tensor)}; expected {rank} dimensions from 1 to {MaxSide}: this is another model");
        return (int)tensor.Shape[axis];
    }

    /// <summary>Returns <paramref name="found"/>, which the config may not deny.</summary>
    /// <exception cref="CheckpointException">The config claims another number.</exception>
    public static int Agree(int found, TensorEntry tensor, string what, Claim<int>? claim) => claim is null || claim.Value == found
        ? found
        : throw new CheckpointException($"{Shown.Tensor(tensor)}, so {what} is {found} wide, but {claim.Text}; {Remedy}");

    private static void RequireShapeAndType(TensorEntry tensor, ExpectedTensor expected)
    {
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
