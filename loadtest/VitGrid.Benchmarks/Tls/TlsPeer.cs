using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Transport;

namespace VitGrid.Benchmarks.Tls;

/// <summary>Where the second process listens, in plaintext and with TLS.</summary>
internal sealed record TlsAddress(NodeEndpoint Plain, NodeEndpoint Secured);

/// <summary>
/// The second process: takes images one after the other, each for its time, and answers with a vector. Ends with its input.
/// </summary>
internal static class TlsPeer
{
    /// <summary>Kind of images and of answers.</summary>
    public const ushort Kind = 1;

    private static readonly byte[] Vector = new byte[2 * 1024 * sizeof(float)];

    public static async Task RunAsync(string folder, int milliseconds)
    {
        // As many as a batcher takes ahead of its device.
        Channel<Link> images = Channel.CreateBounded<Link>(64);
        _ = Task.Run(() => ComputeAsync(images.Reader, milliseconds));
        await using DataPlane plain = Start(new() { UnixSocket = false }), secured = Start(
            new() { UnixSocket = false, Tls = ScratchCertificates.Files(folder) });
        Console.WriteLine(JsonSerializer.Serialize(new TlsAddress(plain.Endpoint, secured.Endpoint)));
        await Console.In.ReadToEndAsync();

        DataPlane Start(DataPlaneConfiguration plane) => DataPlane.Start(
            plane, new("benchmark", "peer", 1), _ => TakeAsync, TimeProvider.System, NullLoggerFactory.Instance);

        ValueTask TakeAsync(Link link, Frame frame)
        {
            frame.Body?.Dispose();
            return images.Writer.WriteAsync(link);
        }
    }

    private static async Task ComputeAsync(ChannelReader<Link> images, int milliseconds)
    {
        await foreach (Link link in images.ReadAllAsync())
        {
            long began = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(began).TotalMilliseconds < milliseconds)
                Thread.SpinWait(200);
            _ = link.SendAsync(Kind, default, Vector).AsTask();
        }
    }
}
