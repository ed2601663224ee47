using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using VitGrid.Server.Tests.Cluster;

namespace VitGrid.Server.Tests.Decoding;

/// <summary>A theory that needs the right to mount a <c>/dev/shm</c> of its own; skipped where there is none.</summary>
public sealed class OwnMountsTheoryAttribute : TheoryAttribute
{
    private static readonly Lazy<string?> Obstacle = new(() =>
    {
        try
        {
            using Process probe = Process.Start(new ProcessStartInfo(
                "unshare", ["-m", "mount", "-t", "tmpfs", "-o", "size=1m", "none", "/dev/shm"]) { RedirectStandardError = true })!;
            string error = probe.StandardError.ReadToEnd();
            probe.WaitForExit();
            return probe.ExitCode == 0 ? null : $"no /dev/shm of a given size can be mounted: {error.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return $"no /dev/shm of a given size can be mounted: {exception.Message}";
        }
    });

    public OwnMountsTheoryAttribute() => Skip = Obstacle.Value;
}

/// <summary>The largest images there may be, eight at once, in a container whose shared memory is small.</summary>
public sealed class SharedMemoryTests
{
    private const int Images = 8, Width = 8_000, Height = 6_250;

    [OwnMountsTheory]
    // What Docker gives.
    [InlineData(64, false)]
    // Enough for one of the processes.
    [InlineData(4, true)]
    public async Task Eight_images_of_fifty_megapixels_at_once_are_answered_alike_and_too_little_is_told_at_the_start(
        int mebibytes, bool warned)
    {
        byte[] image = Png();
        using StartedProcess server = StartedProcess.VitGridWithSharedMemory(
            mebibytes, ["serve", "--urls", "http://127.0.0.1:0", "--devices", "cpu:0", $"--VitGrid:Images:DecodeThreads={Images}"]);
        Uri address = new($"{await server.ReadyAsync()}/v1/embeddings?cache=bypass&timeout_ms=600000");
        using HttpClient client = new() { Timeout = Timeout.InfiniteTimeSpan };
        float[][] vectors = await Task.WhenAll(Enumerable.Range(0, Images).Select(_ => SteadyLoad.EmbedAsync(client, address, image)));
        Assert.All(vectors, vector => Assert.Equal(vectors[0], vector));
        Assert.Equal(warned, server.Said.Contains("/dev/shm has less than the", StringComparison.Ordinal));
        Assert.False(ProcessTree.IsGone(server.Id), server.Said);
    }

    /// <summary>A grey image of one shade.</summary>
    private static byte[] Png()
    {
        using MemoryStream rows = new();
        using (ZLibStream packed = new(rows, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] row = new byte[1 + Width];
            row.AsSpan(1).Fill(90);
            for (int i = 0; i < Height; i++)
                packed.Write(row);
        }
        byte[] head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, Width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), Height);
        head[8] = 8;
        return [0x89, .. "PNG\r\n"u8, 0x1a, (byte)'\n', .. Chunk("IHDR", head), .. Chunk("IDAT", rows.ToArray()), .. Chunk("IEND", [])];
    }

    private static byte[] Chunk(string name, byte[] data)
    {
        byte[] chunk = [0, 0, 0, 0, .. Encoding.ASCII.GetBytes(name), .. data, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xedb8_8320 & (0 - (crc & 1)));
        }
        return ~crc;
    }
}
