using System.Runtime.InteropServices;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.KServe.Models;
using VitGrid.Server.Api.Protocols;

namespace VitGrid.Server.Api.KServe.Inference;

/// <summary>A tensor of an answer: single precision, little-endian.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Content">Its bytes, in pieces of whole numbers.</param>
internal sealed record OutputTensor(string Name, IReadOnlyList<long> Shape, IReadOnlyList<ReadOnlyMemory<byte>> Content)
{
    /// <summary>Bytes of all pieces.</summary>
    public long Bytes => Content.Sum(piece => (long)piece.Length);

    /// <summary>The tensors that a request wants, in its order; where it names none, the vectors.</summary>
    public static IReadOnlyList<OutputTensor> From(IReadOnlyList<InferOutput> wanted, EmbeddingAnswer answer) => wanted.Count == 0
        ? [Embedding(answer)]
        : [.. wanted.Select(output => output.Name == TensorFacts.Embedding ? Embedding(answer) : LastHiddenState(answer))];

    private static OutputTensor Embedding(EmbeddingAnswer answer)
    {
        ReadOnlyMemory<byte>[] vectors = [.. Results(answer).Select(
            result => (ReadOnlyMemory<byte>)MemoryMarshal.AsBytes(VectorEncoding.Values(result.Vector, answer.Fields).Span).ToArray())];
        return new(TensorFacts.Embedding, [vectors.Length, vectors[0].Length / sizeof(float)], vectors);
    }

    private static OutputTensor LastHiddenState(EmbeddingAnswer answer) => new(
        TensorFacts.LastHiddenState,
        [answer.Outcomes.Count, answer.Model.FeatureShape.Tokens, answer.Model.FeatureShape.Width],
        [.. Results(answer).SelectMany(result => result.Features!.Blocks[0].Chunks)]);

    private static IEnumerable<EmbeddingResult> Results(EmbeddingAnswer answer) => answer.Outcomes.Select(outcome => outcome.Result!);
}
