using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Encoders;

/// <summary>An encoder as its family read it from a checkpoint: everything that graphs, fingerprints and 8-bit files are made of.</summary>
internal sealed record EncoderModel
{
    /// <summary>Whose tensor names the checkpoint uses, for people.</summary>
    public required string Naming { get; init; }

    public required EncoderArchitecture Architecture { get; init; }

    public required EncoderWeights Weights { get; init; }

    public required ImagePreprocessing Preprocessing { get; init; }

    /// <summary>The stored tensors that <see cref="Weights"/> are slices of, checked to be there in these shapes.</summary>
    public required IReadOnlyList<ExpectedTensor> Tensors { get; init; }

    /// <summary>The open files; whoever opened them closes them.</summary>
    public required TensorStore Store { get; init; }

    /// <summary>The elements of <paramref name="slice"/> widened to single precision, row-major.</summary>
    /// <exception cref="ArgumentException">The slice belongs to another checkpoint.</exception>
    public float[] ReadFloats(WeightSlice slice) => Store.FileOf(slice).ReadFloats(slice);
}
