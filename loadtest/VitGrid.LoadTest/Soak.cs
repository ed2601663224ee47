using System.Diagnostics;
using System.Net;
using VitGrid.Client;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest;

/// <summary>
/// Many clients at once against one server: every answer is compared bit for bit with the vector the same server gave to a
/// lone request, the server's memory is watched, and it is interrupted in mid-load to see that what it accepted is answered.
/// </summary>
internal sealed class Soak(SoakOptions options, TextWriter progress)
{
    private readonly SoakCounts _counts = new();
    private long _interrupted = long.MaxValue;
    private readonly List<(string Name, byte[] Bytes, float[] Expected)> _images = [];

    /// <summary>Runs the soak to the end of its server.</summary>
    public async Task<SoakReport> RunAsync(CancellationToken cancellationToken)
    {
        using ServerProcess server = await ServerProcess.StartReadyAsync(options.Server, options.ServerArguments, cancellationToken);
        using HttpClient http = NewHttp(server.Address);
        VitGridClient client = new(http);
        await LearnExpectedAsync(client, cancellationToken);

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] clients = [.. Enumerable.Range(0, options.Clients).Select(i => RunClientAsync(client, new Random(i), server, stop.Token))];
        List<long> resident = await WatchMemoryAsync(server, cancellationToken);

        Interlocked.Exchange(ref _interrupted, Stopwatch.GetTimestamp());
        server.Interrupt();
        int exitCode = await server.Process.WaitForExitAsync(cancellationToken);
        TimeSpan drain = Stopwatch.GetElapsedTime(_interrupted);
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        return new(options, _counts, resident, exitCode, drain);
    }

    private async Task LearnExpectedAsync(VitGridClient client, CancellationToken cancellationToken)
    {
        foreach (string file in Directory.EnumerateFiles(options.Images, "*.png").Order(StringComparer.Ordinal))
        {
            byte[] bytes = await File.ReadAllBytesAsync(file, cancellationToken);
            IReadOnlyList<float[]> vectors = await client.EmbedAsync(
                [bytes], new EmbeddingsRequest { Cache = "bypass" }, cancellationToken);
            _images.Add((Path.GetFileName(file), bytes, vectors[0]));
        }
        if (_images.Count == 0)
            throw new InvalidOperationException($"{options.Images} holds no .png file to send");
    }

    private async Task<List<long>> WatchMemoryAsync(ServerProcess server, CancellationToken cancellationToken)
    {
        List<long> resident = [];
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
        while (resident.Count < options.Seconds && await timer.WaitForNextTickAsync(cancellationToken))
        {
            resident.Add(server.Process.ResidentBytes());
            if (resident.Count % 10 == 0)
                await progress.WriteLineAsync(
                    $"{resident.Count} of {options.Seconds} s, {_counts.Right} answers, {resident[^1] >> 20} MiB");
        }
        return resident;
    }

    private async Task RunClientAsync(VitGridClient client, Random random, ServerProcess server, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
            await SendAsync(client, random, server);
    }

    private async Task SendAsync(VitGridClient client, Random random, ServerProcess server)
    {
        int count = random.Next(1, 4);
        (string Name, byte[] Bytes, float[] Expected)[] sent = [
            .. Enumerable.Range(0, count).Select(_ => _images[random.Next(_images.Count)])];
        long begun = Stopwatch.GetTimestamp();
        EmbeddingsRequest request = new() { Cache = random.Next(2) == 0 ? "bypass" : "use" };
        try
        {
            IReadOnlyList<float[]> vectors = await client.EmbedAsync(sent.Select(image => (ReadOnlyMemory<byte>)image.Bytes), request);
            Judge(sent, vectors);
        }
        catch (VitGridException exception) when (exception.Status == HttpStatusCode.ServiceUnavailable && exception.Code == "draining")
        {
            _counts.CountDraining();
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConnectionError)
        {
            await WaitForEndAsync(server);
            _counts.CountRefused();
        }
        catch (HttpRequestException) when (begun > Interlocked.Read(ref _interrupted))
        {
            // Sent after the interrupt to a port that then closed: the system had queued the connection, the server never saw it.
            _counts.CountCut();
        }
        catch (Exception exception) when (exception is HttpRequestException or VitGridException or TaskCanceledException)
        {
            _counts.CountBroken(exception.Message);
        }
    }

    /// <summary>A client that finds nobody has nothing more to ask: it leaves the cores to the server's last work.</summary>
    private static async Task WaitForEndAsync(ServerProcess server)
    {
        if (!server.Process.HasExited)
            await Task.Delay(TimeSpan.FromMilliseconds(20));
    }

    private void Judge((string Name, byte[] Bytes, float[] Expected)[] sent, IReadOnlyList<float[]> vectors)
    {
        for (int i = 0; i < sent.Length; i++)
        {
            if (!vectors[i].AsSpan().SequenceEqual(sent[i].Expected))
            {
                _counts.CountWrong($"{sent[i].Name} got another vector than alone");
                return;
            }
        }
        _counts.CountRight();
    }

    private static HttpClient NewHttp(Uri address) =>
        new(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue }) { BaseAddress = address };
}
