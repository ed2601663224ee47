using System.Buffers;
using System.Buffers.Binary;

namespace VitGrid.Runtime.Images;

/// <summary>
/// Takes a PNG's compressed texts and colour profile away before the decoder sees them: nothing of them reaches the pixels, and a hundred
/// kilobytes of them can inflate to gigabytes.
/// </summary>
internal static class PngChunks
{
    private const int SignatureBytes = 8;
    private const int FrameBytes = 12;

    /// <summary>The file without those chunks, in an array of the pool; no array when there are none.</summary>
    public static ArraySegment<byte> WithoutCompressedText(ReadOnlySpan<byte> file)
    {
        ArraySegment<byte> kept = default;
        int count = 0;
        for (int at = SignatureBytes; at < file.Length;)
        {
            int length = ChunkLength(file[at..]);
            bool compressed = IsCompressed(file.Slice(at, length));
            if (compressed && kept.Array is null)
            {
                kept = ArrayPool<byte>.Shared.Rent(file.Length);
                file[..at].CopyTo(kept);
                count = at;
            }
            else if (!compressed && kept.Array is not null)
            {
                file.Slice(at, length).CopyTo(kept.AsSpan(count));
                count += length;
            }
            at += length;
        }
        return kept.Array is null ? default : kept[..count];
    }

    // A chunk that claims more than the file holds is left whole for the decoder to refuse.
    private static int ChunkLength(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < FrameBytes)
            return rest.Length;
        long length = BinaryPrimitives.ReadUInt32BigEndian(rest) + (long)FrameBytes;
        return (int)Math.Min(length, rest.Length);
    }

    private static bool IsCompressed(ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length < FrameBytes)
            return false;
        ReadOnlySpan<byte> type = chunk.Slice(4, 4);
        return type.SequenceEqual("zTXt"u8) || type.SequenceEqual("iTXt"u8) || type.SequenceEqual("iCCP"u8);
    }
}
