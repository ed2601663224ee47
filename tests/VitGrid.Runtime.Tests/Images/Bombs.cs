using System.Buffers.Binary;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>Small files that would cost out of all proportion: those of <c>Golden/bombs</c>, and others of their kinds.</summary>
internal static class Bombs
{
    private const int Short = 3;
    private const int Long = 4;

    public static byte[] Stored(string name) => File.ReadAllBytes(GoldenFiles.PathOf("bombs", name));

    /// <summary>An ordinary grey JPEG of <paramref name="scans"/> scans without data, in as many bytes as it takes.</summary>
    public static byte[] Scans(int side, int scans, byte process = 0xc2)
    {
        List<byte> file = [.. Stored("progressive-882-scans-4096.jpg")];
        int frame = IndexOf(file, [0xff, 0xc2]);
        file[frame + 1] = process;
        (file[frame + 5], file[frame + 6]) = ((byte)(side >> 8), (byte)side);
        (file[frame + 7], file[frame + 8]) = ((byte)(side >> 8), (byte)side);
        int scan = IndexOf(file, [0xff, 0xda]);
        byte[] end = [0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0, 0x00];
        return [.. file[..scan], .. Enumerable.Repeat(end, scans).SelectMany(bytes => bytes), 0xff, 0xd9];
    }

    /// <summary>A grey TIFF whose parts are all the same bytes, those of <paramref name="content"/>.</summary>
    public static byte[] Tiff(int side, int partSide, byte[] content, int compression, params (int Tag, int Type, int[] Values)[] more)
    {
        bool tiled = partSide < side;
        int parts = tiled ? (side + partSide - 1) / partSide * ((side + partSide - 1) / partSide) : 1;
        List<(int Tag, int Type, int[] Values)> tags =
        [
            (256, Long, [side]), (257, Long, [side]), (258, Short, [8]), (259, Short, [compression]), (262, Short, [1]),
            (tiled ? 324 : 273, Long, [.. Enumerable.Repeat(8, parts)]),
            (277, Short, [1]),
            (tiled ? 325 : 279, Long, [.. Enumerable.Repeat(content.Length, parts)]),
            .. tiled ? ((int, int, int[])[])[(322, Long, [partSide]), (323, Long, [partSide])] : [(278, Long, [side])],
            .. more,
        ];
        return WithDirectory(content, [.. tags.GroupBy(tag => tag.Tag).Select(same => same.Last()).OrderBy(tag => tag.Tag)]);
    }

    private static byte[] WithDirectory(byte[] content, (int Tag, int Type, int[] Values)[] tags)
    {
        int at = (8 + content.Length + 1) & ~1;
        MemoryStream file = new();
        file.Write("II*\0"u8);
        file.Write(Bytes(at, 4));
        file.Write(content);
        file.SetLength(at);
        file.Position = at;
        file.Write(Bytes(tags.Length, 2));
        int free = at + 2 + (12 * tags.Length) + 4;
        List<byte> behind = [];
        foreach ((int tag, int type, int[] values) in tags)
        {
            byte[] stored = [.. values.SelectMany(value => Bytes(value, type == Short ? 2 : 4))];
            file.Write(Bytes(tag, 2));
            file.Write(Bytes(type, 2));
            file.Write(Bytes(values.Length, 4));
            file.Write(stored.Length > 4 ? Bytes(free + behind.Count, 4) : [.. stored, .. new byte[4 - stored.Length]]);
            if (stored.Length > 4)
                behind.AddRange(stored);
        }
        file.Write(new byte[4]);
        file.Write([.. behind]);
        return file.ToArray();
    }

    /// <summary>A TIFF whose <paramref name="tags"/> entries all have the same values, as many as fit <paramref name="bytes"/>.</summary>
    public static byte[] SharedArray(int tags, int bytes)
    {
        byte[] file = new byte[8 + 2 + (12 * tags) + 4 + bytes];
        "II*\0"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), 8);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), (ushort)tags);
        for (int i = 0; i < tags; i++)
        {
            Span<byte> entry = file.AsSpan(10 + (12 * i));
            BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)(256 + i));
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], Short);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], bytes / 2);
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], file.Length - bytes);
        }
        for (int at = file.Length - bytes; at < file.Length; at += 2)
            file[at] = 1;
        return file;
    }

    /// <summary>An ordinary TIFF with <paramref name="count"/> more directories behind the first, each naming the next.</summary>
    public static byte[] Directories(byte[] tiff, int count)
    {
        int first = BinaryPrimitives.ReadInt32LittleEndian(tiff.AsSpan(4));
        int entries = BinaryPrimitives.ReadUInt16LittleEndian(tiff.AsSpan(first));
        byte[] directory = tiff.AsSpan(first, 2 + (12 * entries) + 4).ToArray();
        byte[] file = [.. tiff, .. new byte[tiff.Length & 1], .. Enumerable.Repeat(directory, count).SelectMany(bytes => bytes)];
        int next = file.Length - (count * directory.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(first + directory.Length - 4), next);
        for (int i = 0; i < count - 1; i++, next += directory.Length)
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(next + directory.Length - 4), next + directory.Length);
        return file;
    }

    private static byte[] Bytes(int value, int count) => [.. Enumerable.Range(0, count).Select(at => (byte)(value >> (8 * at)))];

    private static int IndexOf(List<byte> file, byte[] mark)
    {
        int at = 0;
        while (file[at] != mark[0] || file[at + 1] != mark[1])
            at++;
        return at;
    }
}
