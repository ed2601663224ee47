using System.Buffers.Binary;

namespace VitGrid.LoadTest.Images;

/// <summary>
/// A file with room for a number that no decoder looks at, so that one set of pixels gives any number of files that differ for a cache. The
/// stamp begins at a multiple of three bytes and is twelve long: in base64 too it is a piece of its own.
/// </summary>
internal sealed class StampedImage
{
    /// <summary>Bytes of a stamp.</summary>
    public const int StampLength = 12;

    private const int NumberLength = 8, PngHeader = 33;

    private readonly bool _endsInChecksum;

    private StampedImage(string mediaType, byte[] file, int offset, bool endsInChecksum) =>
        (MediaType, File, Offset, _endsInChecksum) = (mediaType, file, offset, endsInChecksum);

    /// <summary>E.g. <c>image/jpeg</c>.</summary>
    public string MediaType { get; }

    /// <summary>The file with an empty stamp.</summary>
    public byte[] File { get; }

    /// <summary>Where the stamp begins; negative when the format has no room for one, and every file is equal.</summary>
    public int Offset { get; }

    /// <summary>Makes room in a JPEG, PNG or WebP file; other files stay as they are.</summary>
    public static StampedImage From(byte[] file, string mediaType) => mediaType switch
    {
        "image/jpeg" => new(mediaType, [
            .. file[..2], 0xff, 0xfe, 0, StampLength + 2, .. new byte[StampLength], .. file[2..]], 6, endsInChecksum: false),
        "image/png" => new(
            mediaType, [.. file[..PngHeader], .. PngWriter.Chunk("vgId"u8, new byte[NumberLength + 1]), .. file[PngHeader..]], PngHeader
                + 9, endsInChecksum: true),
        "image/webp" => OfWebP(file),
        _ => new(mediaType, file, -1, endsInChecksum: false),
    };

    /// <summary>The stamp for <paramref name="number"/>.</summary>
    public byte[] Stamp(long number)
    {
        byte[] stamp = new byte[StampLength];
        BinaryPrimitives.WriteInt64BigEndian(stamp, number);
        if (_endsInChecksum)
        {
            // The chunk's type and its padding stand before the stamp and belong to the checksum.
            byte[] covered = [.. File.AsSpan(Offset - 5, 5), .. stamp.AsSpan(0, NumberLength)];
            BinaryPrimitives.WriteUInt32BigEndian(stamp.AsSpan(NumberLength), Crc32.From(covered));
        }
        return stamp;
    }

    /// <summary>The whole file with the stamp for <paramref name="number"/>.</summary>
    public byte[] Stamped(long number)
    {
        byte[] copy = [.. File];
        if (Offset >= 0)
            Stamp(number).CopyTo(copy, Offset);
        return copy;
    }

    /// <summary>The same image with zeros behind its end.</summary>
    public StampedImage FilledUp(int bytes) => new(MediaType, [.. File, .. new byte[bytes - File.Length]], Offset, _endsInChecksum);

    /// <summary>A chunk of an unknown kind at the end, which readers pass over.</summary>
    private static StampedImage OfWebP(byte[] file)
    {
        int body = file.Length + 8;
        int padding = (3 - (body % 3)) % 3;
        int length = padding + StampLength;
        byte[] whole = [.. file, .. "vgId"u8, (byte)length, 0, 0, 0, .. new byte[length + (length & 1)]];
        BinaryPrimitives.WriteInt32LittleEndian(whole.AsSpan(4), whole.Length - 8);
        return new("image/webp", whole, body + padding, endsInChecksum: false);
    }
}
