using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VitGrid.Client;

/// <summary>The answer of <c>POST /v1/embeddings</c>.</summary>
public sealed record EmbeddingsResponse
{
    /// <summary>Always <c>list</c>.</summary>
    public string Object { get; init; } = "list";

    /// <summary>One item an image, in the order of the request.</summary>
    public required IReadOnlyList<EmbeddingItem> Data { get; init; }

    /// <summary>The model that answered.</summary>
    public required string Model { get; init; }

    /// <summary>What was computed or served from the cache.</summary>
    public required EmbeddingsUsage Usage { get; init; }

    /// <summary><c>emb-</c> and 32 hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>When the answer was made, in seconds since 1970-01-01 UTC.</summary>
    public required long Created { get; init; }

    /// <summary>
    /// What the caller should know although the request was answered: an EXIF orientation that was ignored, fields and text that were not
    /// read; null where there is nothing.
    /// </summary>
    public IReadOnlyList<string>? Hints { get; init; }
}

/// <summary>One image's vector, or its error when the request said <c>on_error: partial</c>.</summary>
public sealed record EmbeddingItem
{
    /// <summary><c>embedding</c> or <c>error</c>.</summary>
    public required string Object { get; init; }

    /// <summary>The image's place in the request, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The vector; null when <see cref="Object"/> is <c>error</c>.</summary>
    public EmbeddingVector? Embedding { get; init; }

    /// <summary>The image's tiles, of whose vectors <see cref="Embedding"/> is the mean; null where no tiling was asked for.</summary>
    public EmbeddingTiles? Tiles { get; init; }

    /// <summary>Why there is no vector; null when there is one.</summary>
    public ErrorBody? Error { get; init; }
}

/// <summary>The tiles that an image was cut into.</summary>
/// <param name="Columns">Tiles of a row.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Thumbnail">Whether the last vector is that of a thumbnail of the whole image.</param>
/// <param name="Embeddings">A vector each, row by row, in the form of the image's own.</param>
public sealed record EmbeddingTiles(int Columns, int Rows, bool Thumbnail, IReadOnlyList<EmbeddingVector> Embeddings);

/// <summary>Tokens and images of an answer.</summary>
/// <param name="PromptTokens">Patches plus class token, summed over the images that got a vector.</param>
/// <param name="TotalTokens">The same number: nothing is generated.</param>
/// <param name="Images">Images that got a vector.</param>
public sealed record EmbeddingsUsage(int PromptTokens, int TotalTokens, int Images);

/// <summary>The shape of every error.</summary>
/// <param name="Error">What went wrong.</param>
public sealed record ErrorResponse(ErrorBody Error);

/// <summary>What went wrong.</summary>
/// <param name="Message">The thing, its value, the limit and the remedy, for a person.</param>
/// <param name="Type">The family, as OpenAI names it: <c>invalid_request_error</c>, <c>rate_limit_error</c>, <c>server_error</c>, …</param>
/// <param name="Param">The field or image it concerns, e.g. <c>input[3]</c>; null when it concerns none.</param>
/// <param name="Code">The stable name programs test, e.g. <c>image_decode_failed</c>.</param>
public sealed record ErrorBody(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    string Code);

/// <summary>
/// A vector as it stands in JSON: an array of numbers (<c>encoding_format: float</c>) or a base64 string of its little-endian bytes
/// (<c>encoding_format: base64</c>). Numbers are written with the fewest digits that read back as the same float32, so both forms of one
/// vector are equal bit for bit.
/// </summary>
[JsonConverter(typeof(EmbeddingVectorConverter))]
public sealed class EmbeddingVector
{
    private EmbeddingVector(ReadOnlyMemory<float> numbers, ReadOnlyMemory<byte> bytes, bool isBase64) =>
        (Numbers, Bytes, IsBase64) = (numbers, bytes, isBase64);

    /// <summary>Whether JSON holds bytes instead of numbers.</summary>
    public bool IsBase64 { get; }

    /// <summary>The numbers; empty when <see cref="IsBase64"/>. Whole numbers for the integer types.</summary>
    public ReadOnlyMemory<float> Numbers { get; }

    /// <summary>The bytes; empty unless <see cref="IsBase64"/>.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>A vector written as numbers.</summary>
    public static EmbeddingVector FromNumbers(ReadOnlyMemory<float> numbers) => new(numbers, default, isBase64: false);

    /// <summary>A vector written as base64.</summary>
    public static EmbeddingVector FromBytes(ReadOnlyMemory<byte> bytes) => new(default, bytes, isBase64: true);

    /// <summary>The vector as float32: the numbers, or the bytes of <c>embedding_type: float</c> read as little-endian float32.</summary>
    /// <exception cref="FormatException">The bytes are not a whole number of float32 values.</exception>
    public float[] ToSingles()
    {
        if (!IsBase64)
            return Numbers.ToArray();
        if (Bytes.Length % sizeof(float) != 0)
            throw new FormatException($"{Bytes.Length} bytes are not whole float32 values of 4 bytes; ask for embedding_type float");
        float[] singles = new float[Bytes.Length / sizeof(float)];
        for (int i = 0; i < singles.Length; i++)
            singles[i] = BinaryPrimitives.ReadSingleLittleEndian(Bytes.Span[(i * sizeof(float))..]);
        return singles;
    }
}

internal sealed class EmbeddingVectorConverter : JsonConverter<EmbeddingVector>
{
    public override EmbeddingVector Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return EmbeddingVector.FromBytes(reader.GetBytesFromBase64());
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException($"an embedding is an array of numbers or a base64 string, not {reader.TokenType}");
        List<float> numbers = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            numbers.Add(reader.GetSingle());
        return EmbeddingVector.FromNumbers(numbers.ToArray());
    }

    public override void Write(Utf8JsonWriter writer, EmbeddingVector value, JsonSerializerOptions options)
    {
        if (value.IsBase64)
        {
            writer.WriteBase64StringValue(value.Bytes.Span);
            return;
        }
        writer.WriteStartArray();
        foreach (float number in value.Numbers.Span)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }
}
