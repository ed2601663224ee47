using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.KServe.Inference;

/// <summary>A request for inference as it was read, whichever way it came.</summary>
/// <param name="Id">The client's name of it, given back; null: none.</param>
/// <param name="Parameters">What it says beside its tensors.</param>
/// <param name="Inputs">Its tensors.</param>
/// <param name="Outputs">The tensors it wants; none named: the vectors.</param>
internal sealed record InferRequest(
    string? Id, IReadOnlyList<Saying> Parameters, IReadOnlyList<InferInput> Inputs, IReadOnlyList<InferOutput> Outputs);

/// <summary>A tensor of a request.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">KServe's name of its elements.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Parameters">What is said of it.</param>
/// <param name="Content">Its elements; null: none were sent.</param>
internal sealed record InferInput(
    string Name, string Datatype, IReadOnlyList<long> Shape, IReadOnlyList<Saying> Parameters, TensorContent? Content);

/// <summary>A tensor that a request wants.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">What is said of it.</param>
internal sealed record InferOutput(string Name, IReadOnlyList<Saying> Parameters);

/// <summary>A tensor of planes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsHalf">Whether its numbers are in half precision, where they are sent as bytes.</param>
/// <param name="Count">Images.</param>
/// <param name="Samples">Numbers of one image.</param>
internal sealed record PlaneTensor(string Name, bool IsHalf, int Count, int Samples)
{
    /// <summary>Numbers of all images.</summary>
    public long All => (long)Count * Samples;

    /// <summary>An image of each part of its bytes, which lie one behind another.</summary>
    public IReadOnlyList<ImageInput> Split(ReadOnlyMemory<byte> bytes, SharedBuffer buffer, bool isHalf)
    {
        int each = Samples * (isHalf ? 2 : sizeof(float));
        return [.. Enumerable.Range(0, Count).Select(
            i => new ImageInput(BinaryContent.Name(Name, i), bytes.Slice(i * each, each), buffer.Share(), null)
            {
                Form = isHalf ? ImageForm.HalfPlanes : ImageForm.SinglePlanes,
            })];
    }
}

/// <summary>The elements of a tensor, in the form in which they came.</summary>
internal abstract class TensorContent
{
    /// <summary>Reads the elements of a tensor of bytes as images.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="count">How many there are by its shape.</param>
    /// <param name="buffer">Keeps what images of this request lie in.</param>
    /// <exception cref="Errors.ApiException">There are others, or as many not.</exception>
    public abstract IReadOnlyList<ImageInput> ReadImages(string name, int count, SharedBuffer buffer);

    /// <summary>Reads the elements of a tensor of numbers as images of planes.</summary>
    /// <param name="tensor">What it is to be.</param>
    /// <param name="buffer">Keeps what images of this request lie in.</param>
    /// <param name="numbers">Keeps what was made of numbers in text; null: nothing was.</param>
    /// <exception cref="Errors.ApiException">There are others, or as many not.</exception>
    public abstract IReadOnlyList<ImageInput> ReadPlanes(PlaneTensor tensor, SharedBuffer buffer, out SharedBuffer? numbers);
}
