using System.Buffers.Binary;
using System.Security.Cryptography;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Caching;

/// <summary>
/// What a vector depends on, and nothing else:
/// <c>vg:1:{model}:{weights-fingerprint}:{precision}:{preprocess}:{layer}:{pooling}:{sha256(image bytes)}</c>. Read from the end it is
/// unambiguous whatever the model's name, since no later part holds a colon. The digest is kept as numbers: 32 bytes instead of 128.
/// </summary>
/// <param name="Scope">Everything before the digest.</param>
/// <param name="DigestHigh">First 16 bytes of the image's SHA-256: clients choose the bytes, so a weaker hash could be made to
/// collide.</param>
/// <param name="DigestLow">The other 16.</param>
public readonly record struct EmbeddingKey(string Scope, UInt128 DigestHigh, UInt128 DigestLow)
{
    /// <summary>The key of an image for one output of a loaded model; <paramref name="layer"/> is 0…L.</summary>
    internal static EmbeddingKey From(ModelInfo model, PreprocessProfile profile, int layer, Pooling pooling, ReadOnlySpan<byte> image)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(image, digest);
        string scope = $"vg:1:{model.Name}:{model.Fingerprint}:{model.Arithmetic}:{profile.Key}:{layer}:{Name(pooling)}";
        return new(scope, BinaryPrimitives.ReadUInt128BigEndian(digest), BinaryPrimitives.ReadUInt128BigEndian(digest[16..]));
    }

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(DigestLow, Scope.Length);

    /// <summary>The whole key as text, for a store outside the process.</summary>
    public override string ToString() => $"{Scope}:{DigestHigh:x32}{DigestLow:x32}";

    private static string Name(Pooling pooling) => pooling switch
    {
        Pooling.Cls => "cls",
        Pooling.Mean => "mean",
        Pooling.ClsMean => "cls+mean",
        _ => throw new ArgumentOutOfRangeException(nameof(pooling), pooling, "no name in cache keys"),
    };
}
