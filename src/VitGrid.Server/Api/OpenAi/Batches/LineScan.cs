using Microsoft.Win32.SafeHandles;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>A line of a file: its number from 1, and where it stands, without its end.</summary>
internal readonly record struct ScannedLine(int Number, long Offset, long Length);

/// <summary>Finds the lines of a file of any size.</summary>
internal static class LineScan
{
    private const int Chunk = 1 << 18;

    public static IEnumerable<ScannedLine> Read(SafeFileHandle file)
    {
        byte[] chunk = new byte[Chunk];
        (int number, long begin, long at) = (1, 0, 0);
        int read;
        while ((read = RandomAccess.Read(file, chunk, at)) > 0)
        {
            for (int from = 0, found; (found = chunk.AsSpan(from, read - from).IndexOf((byte)'\n')) >= 0; from += found + 1)
            {
                long end = at + from + found;
                yield return new(number++, begin, end - begin);
                begin = end + 1;
            }
            at += read;
        }
        if (at > begin)
            yield return new(number, begin, at - begin);
    }

    /// <summary>The bytes of a piece of a file.</summary>
    public static void Fill(SafeFileHandle file, long offset, Span<byte> bytes)
    {
        for (int read = 0, more; read < bytes.Length; read += more)
        {
            if ((more = RandomAccess.Read(file, bytes[read..], offset + read)) == 0)
                throw new EndOfStreamException("the file is shorter than it was");
        }
    }
}
