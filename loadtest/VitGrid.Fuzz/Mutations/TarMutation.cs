using System.Globalization;
using System.Text;

namespace VitGrid.Fuzz.Mutations;

/// <summary>Changes headers of tar archives, whose checksums are made anew so that readers come past them.</summary>
internal static class TarMutation
{
    private const int Block = 512;
    private const int ChecksumAt = 148;
    private const int ChecksumBytes = 8;

    // Name, size, type, link, magic, prefix: where a header says what follows.
    private static readonly (int At, int Length)[] Fields = [(0, 100), (124, 12), (156, 1), (157, 100), (257, 8), (345, 155)];

    /// <summary>A changed copy.</summary>
    public static byte[] Change(Random random, byte[] archive)
    {
        if (archive.Length < Block || random.Next(5) == 0)
            return ByteMutation.Change(random, archive);
        byte[] changed = [.. archive];
        Span<byte> header = changed.AsSpan(random.Next(archive.Length / Block) * Block, Block);
        (int at, int length) = Fields[random.Next(Fields.Length)];
        if (at == 124 && random.Next(2) == 0)
            Encoding.ASCII.GetBytes(Convert.ToString(random.NextInt64(1L << random.Next(34)), 8).PadLeft(11, '0')).CopyTo(header[at..]);
        for (int i = random.Next(1, 4); i > 0; i--)
            header[at + random.Next(length)] = at == 156 ? (byte)"0123456789xgLKSV7\0"[random.Next(18)] : (byte)random.Next(256);
        Seal(header);
        return random.Next(6) == 0 ? changed[..random.Next(changed.Length)] : changed;
    }

    private static void Seal(Span<byte> header)
    {
        header.Slice(ChecksumAt, ChecksumBytes).Fill((byte)' ');
        int sum = 0;
        foreach (byte one in header)
            sum += one;
        string text = Convert.ToString(sum, 8).PadLeft(6, '0');
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{text}\0 ")).CopyTo(header[ChecksumAt..]);
    }
}
