using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VitGrid.Client;

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
