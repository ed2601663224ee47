using System.Collections.Concurrent;
using System.Text.Json;
using VitGrid.LoadTest.Requests;

namespace VitGrid.LoadTest.Load;

/// <summary>Compares the vectors of equal pixels bit for bit: alone or in a batch, computed or from a cache. Any thread may call.</summary>
internal sealed class VectorCheck
{
    private readonly ConcurrentDictionary<int, byte[]> _first = new();
    private long _compared;
    private long _different;

    /// <summary>Vectors compared with the first one of their image.</summary>
    public long Compared => Interlocked.Read(ref _compared);

    /// <summary>Vectors that were not equal to it.</summary>
    public long Different => Interlocked.Read(ref _different);

    /// <summary>Compares every vector of an answer.</summary>
    /// <returns>What is wrong with the first bad one; null when all is well.</returns>
    public string? Compare(PlannedRequest planned, byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            JsonElement data = document.RootElement.GetProperty("data");
            if (data.GetArrayLength() != planned.Images.Count)
                return $"{data.GetArrayLength()} vectors for {planned.Images.Count} images";
            string? fault = null;
            for (int i = 0; i < planned.Images.Count; i++)
                fault = Compare(planned.Images[i].Image, data[i].GetProperty("embedding")) ?? fault;
            return fault;
        }
        catch (Exception exception)
            when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return $"not an answer of OpenAI's shape: {exception.Message}";
        }
    }

    private string? Compare(int image, JsonElement embedding)
    {
        byte[] vector = BytesOf(embedding);
        if (_first.GetOrAdd(image, vector) is var first && ReferenceEquals(first, vector))
            return null;
        Interlocked.Increment(ref _compared);
        if (vector.AsSpan().SequenceEqual(first))
            return null;
        Interlocked.Increment(ref _different);
        return $"image {image} has another vector than before";
    }

    /// <summary>Servers that ignore <c>encoding_format</c> send numbers.</summary>
    private static byte[] BytesOf(JsonElement embedding) => embedding.ValueKind == JsonValueKind.String
        ? embedding.GetBytesFromBase64()
        : [.. embedding.EnumerateArray().SelectMany(number => BitConverter.GetBytes(number.GetSingle()))];
}
