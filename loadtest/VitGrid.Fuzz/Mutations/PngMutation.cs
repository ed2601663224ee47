using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace VitGrid.Fuzz.Mutations;

/// <summary>Changes chunks of a PNG: what they hold, their order, their number. Every checksum is right afterwards.</summary>
internal static class PngMutation
{
    private const int Signature = 8;
    private const int ChunkOverhead = 12;

    /// <summary>A changed copy.</summary>
    public static byte[] Change(Random random, byte[] file)
    {
        List<(byte[] Type, byte[] Data)> chunks = Split(file);
        if (chunks.Count < 2)
            return ByteMutation.Change(random, file, Math.Min(Signature, file.Length));
        int at = random.Next(1, chunks.Count);
        switch (random.Next(8))
        {
            case 0:
                chunks.RemoveAt(at);
                break;
            case 1:
                chunks.Insert(random.Next(1, chunks.Count), chunks[at]);
                break;
            case 2:
                (chunks[at], chunks[^1]) = (chunks[^1], chunks[at]);
                break;
            case 3:
                chunks[0] = (chunks[0].Type, ByteMutation.Change(random, chunks[0].Data, kept: random.Next(2) * Signature));
                break;
            case 4:
                chunks[at] = (chunks[at].Type, Repacked(random, chunks[at].Data));
                break;
            default:
                chunks[at] = (chunks[at].Type, ByteMutation.Change(random, chunks[at].Data));
                break;
        }
        return Join(file, chunks);
    }

    private static List<(byte[] Type, byte[] Data)> Split(byte[] file)
    {
        List<(byte[], byte[])> chunks = [];
        int at = Signature;
        while (at + ChunkOverhead <= file.Length)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (length > file.Length - at - ChunkOverhead)
                break;
            chunks.Add((file[(at + 4)..(at + 8)], file[(at + 8)..(at + 8 + (int)length)]));
            at += ChunkOverhead + (int)length;
        }
        return chunks;
    }

    private static byte[] Join(byte[] file, List<(byte[] Type, byte[] Data)> chunks)
    {
        using MemoryStream joined = new();
        joined.Write(file.AsSpan(0, Signature));
        byte[] number = new byte[4];
        foreach ((byte[] type, byte[] data) in chunks)
        {
            BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
            joined.Write(number);
            joined.Write(type);
            joined.Write(data);
            Crc32 checksum = new();
            checksum.Append(type);
            checksum.Append(data);
            BinaryPrimitives.WriteUInt32BigEndian(number, checksum.GetCurrentHashAsUInt32());
            joined.Write(number);
        }
        return joined.ToArray();
    }

    /// <summary>Changes what was compressed, not the compressed bytes; those where nothing can be unpacked.</summary>
    private static byte[] Repacked(Random random, byte[] data)
    {
        try
        {
            using MemoryStream unpacked = new(), packed = new();
            using (ZLibStream zlib = new(new MemoryStream(data), CompressionMode.Decompress))
                zlib.CopyTo(unpacked);
            using (ZLibStream zlib = new(packed, CompressionLevel.Fastest, leaveOpen: true))
                zlib.Write(ByteMutation.Change(random, unpacked.ToArray()));
            return packed.ToArray();
        }
        catch (InvalidDataException)
        {
            return ByteMutation.Change(random, data);
        }
    }
}
