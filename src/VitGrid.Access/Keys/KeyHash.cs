using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace VitGrid.Access.Keys;

/// <summary>
/// The SHA-256 of a key: all that is kept of it. A key is 192 random bits, so that one fast hash is enough and the hash tells nothing.
/// </summary>
/// <param name="A">Bytes 0–7, as a big-endian number.</param>
/// <param name="B">Bytes 8–15.</param>
/// <param name="C">Bytes 16–23.</param>
/// <param name="D">Bytes 24–31.</param>
public readonly record struct KeyHash(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>What every key begins with, so that people and scanners recognise one.</summary>
    public const string Prefix = "vg_";

    private const int SecretBytes = 24;
    private const int KeyLength = 35;

    /// <summary>Makes a key; it is shown once and not kept.</summary>
    public static string CreateKey() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>The hash of what may be a key; false for what cannot be one.</summary>
    public static bool TryFrom(ReadOnlySpan<char> key, out KeyHash hash)
    {
        Span<byte> text = stackalloc byte[KeyLength], digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash = default;
        if (key.Length != KeyLength || !key.StartsWith(Prefix, StringComparison.Ordinal) || !Ascii.IsValid(key))
            return false;
        Encoding.ASCII.GetBytes(key, text);
        SHA256.HashData(text, digest);
        hash = From(digest);
        return true;
    }

    /// <summary>Reads 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException">They are none.</exception>
    public static KeyHash Parse(string hex)
    {
        byte[] digest = Convert.FromHexString(hex);
        return digest.Length == SHA256.HashSizeInBytes ? From(digest) : throw new FormatException("a hash has 64 hexadecimal digits");
    }

    /// <summary>64 hexadecimal digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{A:x16}{B:x16}{C:x16}{D:x16}");

    private static KeyHash From(ReadOnlySpan<byte> digest) => new(
        BinaryPrimitives.ReadUInt64BigEndian(digest), BinaryPrimitives.ReadUInt64BigEndian(digest[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(digest[16..]), BinaryPrimitives.ReadUInt64BigEndian(digest[24..]));
}
