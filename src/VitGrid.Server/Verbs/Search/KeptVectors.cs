using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace VitGrid.Server.Verbs.Search;

/// <summary>An image as it was when its vector was made.</summary>
/// <param name="File">Its path below the folder, with '/'.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Modified">When it was last written.</param>
internal sealed record KeptImage(string File, long Bytes, DateTime Modified);

/// <summary>What the vectors of a folder have in common; with another one they cannot be compared.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Revision">Fingerprint of its weights.</param>
/// <param name="Arithmetic">What it is computed in.</param>
/// <param name="Preprocess">Key of the profile.</param>
/// <param name="Dimensions">Numbers in a vector.</param>
internal sealed record KeptSchema(string Model, string Revision, string Arithmetic, string Preprocess, int Dimensions);

/// <summary>
/// The vectors of a folder's images as they are kept beside them. The file: eight bytes <c>VGSEARCH</c>, the length of what follows as an
/// int64, a JSON object with schema and images, then a unit vector of float32 for each; numbers little-endian. It appears whole or not at
/// all.
/// </summary>
/// <param name="Schema">What they have in common.</param>
/// <param name="Images">The images.</param>
/// <param name="Numbers">[images, dimensions], vectors of length one.</param>
internal sealed record KeptVectors(KeptSchema Schema, IReadOnlyList<KeptImage> Images, float[] Numbers)
{
    private const int MaxHeadBytes = 1 << 30;
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Reads what is kept; null: nothing that could be used, be it absent, cut, of another build or of another schema.</summary>
    public static KeptVectors? Read(string path, KeptSchema schema)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16);
            Span<byte> start = stackalloc byte[16];
            file.ReadExactly(start);
            long length = BinaryPrimitives.ReadInt64LittleEndian(start[8..]);
            if (!start[..8].SequenceEqual("VGSEARCH"u8) || length is <= 0 or > MaxHeadBytes || length > file.Length)
                return null;
            byte[] head = new byte[length];
            file.ReadExactly(head);
            Head? read = JsonSerializer.Deserialize<Head>(head, Json);
            if (read is null || read.Schema != schema || file.Length - file.Position != (long)read.Images.Length * schema.Dimensions * 4)
                return null;
            float[] numbers = new float[read.Images.Length * schema.Dimensions];
            file.ReadExactly(MemoryMarshal.AsBytes(numbers.AsSpan()));
            return new(schema, read.Images, numbers);
        }
        catch (Exception exception) when (exception is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes them, replacing what was there.</summary>
    /// <exception cref="IOException">They cannot be written there.</exception>
    public void Write(string path)
    {
        using AtomicFile file = new(path);
        byte[] head = JsonSerializer.SerializeToUtf8Bytes(new Head(Schema, [.. Images]), Json);
        Span<byte> start = stackalloc byte[16];
        "VGSEARCH"u8.CopyTo(start);
        BinaryPrimitives.WriteInt64LittleEndian(start[8..], head.Length);
        file.Stream.Write(start);
        file.Stream.Write(head);
        file.Stream.Write(MemoryMarshal.AsBytes(Numbers.AsSpan()));
        file.Commit();
    }

    /// <summary>The vector of the image at a place.</summary>
    public ReadOnlySpan<float> Vector(int place) => Numbers.AsSpan(place * Schema.Dimensions, Schema.Dimensions);

    private sealed record Head(KeptSchema Schema, KeptImage[] Images);
}
