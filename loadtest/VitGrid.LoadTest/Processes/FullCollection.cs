using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using VitGrid.LoadTest.Measure;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Processes;

/// <summary>
/// Has a .NET process collect all of its garbage, over the runtime's diagnostic port, and reads from <c>/metrics</c> what is alive then:
/// garbage that waits for a collection says when the last one was, and nothing of what the process holds.
/// </summary>
internal static class FullCollection
{
    // https://github.com/dotnet/diagnostics/blob/main/documentation/design-docs/ipc-protocol.md
    private const byte EventPipe = 2, StopTracing = 1, CollectTracing = 2;
    private const int HeaderBytes = 20;
    private const long CollectKeyword = 0x800000;
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Collects, and gives the bytes that are alive, and those that the collector has of the machine for them.</summary>
    /// <exception cref="InvalidOperationException">The process has no diagnostic port, or collected nothing.</exception>
    public static async Task<HeapBytes> RunAsync(Process process, HttpClient http, Uri server, CancellationToken cancellationToken)
    {
        double before = (await ReadAsync(http, server, cancellationToken)).Collections;
        string pattern = Text($"dotnet-diagnostic-{process.Id}-*-socket");
        string port = Directory.GetFiles(Path.GetTempPath(), pattern).FirstOrDefault()
            ?? throw new InvalidOperationException($"process {process.Id} has no {pattern} in {Path.GetTempPath()}");
        using Socket events = await ConnectAsync(port, cancellationToken);
        // To listen for that keyword is to ask for a collection.
        byte[] session = await AskAsync(events, CollectTracing, Question(), cancellationToken);
        long begun = Stopwatch.GetTimestamp();
        (double Collections, HeapBytes Heap) now;
        while ((now = await ReadAsync(http, server, cancellationToken)).Collections <= before)
        {
            if (Stopwatch.GetElapsedTime(begun) > Limit)
                throw new InvalidOperationException($"process {process.Id} was asked to collect its garbage and did not");
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
        using Socket end = await ConnectAsync(port, cancellationToken);
        Task drained = DrainAsync(events, cancellationToken);
        await AskAsync(end, StopTracing, session, cancellationToken);
        await drained;
        return now.Heap;
    }

    /// <summary>Collections of the oldest generation so far, and what was alive after the last.</summary>
    private static async Task<(double Collections, HeapBytes Heap)> ReadAsync(
        HttpClient http, Uri server, CancellationToken cancellationToken)
    {
        MetricSample[] samples = [
            .. PrometheusText.Parse(await http.GetStringAsync(new Uri(server, "metrics"), cancellationToken))];
        return (
            samples.Where(sample => sample.Name == "dotnet_gc_collections_total"
                && sample.Labels.GetValueOrDefault("gc_heap_generation") == "gen2").Sum(sample => sample.Value),
            new(
                Sum(samples, "dotnet_gc_last_collection_heap_size_bytes"),
                Sum(samples, "dotnet_gc_last_collection_memory_committed_size_bytes")));
    }

    private static long Sum(MetricSample[] samples, string name) =>
        (long)samples.Where(sample => sample.Name == name).Sum(sample => sample.Value);

    private static async Task<Socket> ConnectAsync(string port, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(port), cancellationToken);
        return socket;
    }

    /// <summary>Buffer in MB, format, one provider: keywords, level, name, no filter.</summary>
    private static byte[] Question()
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream, Encoding.Unicode);
        writer.Write(1);
        writer.Write(1);
        writer.Write(1);
        writer.Write(CollectKeyword);
        writer.Write(4);
        writer.Write(Runtime.Length + 1);
        writer.Write(Encoding.Unicode.GetBytes(Runtime + '\0'));
        writer.Write(0);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Sends a command and gives the eight bytes that name its session.</summary>
    private static async Task<byte[]> AskAsync(Socket socket, byte command, byte[] payload, CancellationToken cancellationToken)
    {
        byte[] message = new byte[HeaderBytes + payload.Length];
        "DOTNET_IPC_V1\0"u8.CopyTo(message);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(14), (ushort)message.Length);
        (message[16], message[17]) = (EventPipe, command);
        payload.CopyTo(message, HeaderBytes);
        await socket.SendAsync(message, cancellationToken);
        byte[] answer = new byte[HeaderBytes + sizeof(long)];
        for (int read = 0; read < answer.Length;)
        {
            int part = await socket.ReceiveAsync(answer.AsMemory(read), cancellationToken);
            read += part > 0 ? part : throw new InvalidOperationException("the diagnostic port closed before it answered");
        }
        return answer[16] == 0xff && answer[17] == 0 ? answer[HeaderBytes..] : throw new InvalidOperationException(
            $"the diagnostic port refused command {command}: {Convert.ToHexString(answer)}");
    }

    private static async Task DrainAsync(Socket events, CancellationToken cancellationToken)
    {
        byte[] dropped = new byte[1 << 16];
        while (await events.ReceiveAsync(dropped, cancellationToken) > 0)
        {
            // What was told is of no use.
        }
    }
}

/// <summary>What a collector has after a collection.</summary>
/// <param name="Alive">Bytes of objects.</param>
/// <param name="Committed">Bytes that it has of the machine for them, and for those to come.</param>
internal readonly record struct HeapBytes(long Alive, long Committed);
