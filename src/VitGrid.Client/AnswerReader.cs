using System.Net;

namespace VitGrid.Client;

/// <summary>
/// Puts each vector to its input by the index that the answer names. An answer that is short, repeats an index, or holds vectors that can
/// be none is an error: a vector at the wrong input would show nowhere.
/// </summary>
internal static class AnswerReader
{
    /// <summary>Name of the error of an answer that the server cannot have meant.</summary>
    public const string Code = "unexpected_answer";

    /// <summary>The vectors in the order of the inputs.</summary>
    /// <param name="answer">An answer to a request whose errors fail it whole.</param>
    /// <param name="count">Inputs that were sent.</param>
    /// <exception cref="VitGridException">The answer does not fit the request.</exception>
    public static float[][] Vectors(EmbeddingsResponse answer, int count) =>
        [.. Items(answer, count).Select((item, index) => item.Vector
            ?? throw Unexpected($"input {index} has an error ({item.Error!.Code}) in an answer that was to be whole"))];

    /// <summary>A vector or an error an input, in the order of the inputs.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="count">Inputs that were sent.</param>
    /// <exception cref="VitGridException">The answer does not fit the request.</exception>
    public static (float[]? Vector, ErrorBody? Error)[] Items(EmbeddingsResponse answer, int count)
    {
        if (answer.Data.Count != count)
            throw Unexpected($"the answer has {answer.Data.Count} items for {count} inputs");
        (float[]? Vector, ErrorBody? Error)[] items = new (float[]?, ErrorBody?)[count];
        int? width = null;
        foreach (EmbeddingItem item in answer.Data)
        {
            if ((uint)item.Index >= (uint)count)
                throw Unexpected($"the answer names input {item.Index}, of {count}");
            if (items[item.Index] is not (null, null))
                throw Unexpected($"the answer names input {item.Index} twice");
            items[item.Index] = item.Embedding is { } vector
                ? (Checked(vector, item.Index, ref width), null)
                : (null, item.Error ?? throw Unexpected($"input {item.Index} has neither a vector nor an error"));
        }
        return items;
    }

    private static float[] Checked(EmbeddingVector vector, int index, ref int? width)
    {
        float[] numbers = vector.ToSingles();
        width ??= numbers.Length;
        if (numbers.Length == 0 || numbers.Length != width)
            throw Unexpected($"the vector of input {index} has {numbers.Length} numbers, that of another {width}");
        int odd = Array.FindIndex(numbers, number => !float.IsFinite(number));
        return odd < 0 ? numbers : throw Unexpected($"the vector of input {index} has {numbers[odd]} at {odd}");
    }

    private static VitGridException Unexpected(string what) => new(
        HttpStatusCode.OK,
        new($"{what}; the answer was thrown away. Is a proxy in between that changes answers?", Code, null, Code),
        null);
}
