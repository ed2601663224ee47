using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Transport;

namespace VitGrid.Benchmarks.Tls;

/// <summary>
/// A front end's side: keeps images under way to the second process over one link or the other, in turns; the ratio is the median over
/// pairs of neighbouring turns.
/// </summary>
internal sealed class TlsBenchmark(TlsQuestion question) : IDisposable
{
    private const int UnderWay = 8;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vitgrid-tls-");
    private readonly SemaphoreSlim _slots = new(UnderWay);
    private long _answers;

    public static async Task<IReadOnlyList<string>> RunAsync(TlsQuestion question, CancellationToken cancellationToken)
    {
        using TlsBenchmark benchmark = new(question);
        return await benchmark.RunAsync(cancellationToken);
    }

    public void Dispose()
    {
        _slots.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        ScratchCertificates.Write(_folder.FullName);
        ProcessStartInfo start = new(Environment.ProcessPath!, ["tls-peer", _folder.FullName, $"{question.Milliseconds}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process peer = Process.Start(start)!;
        TlsAddress address = JsonSerializer.Deserialize<TlsAddress>(peer.StandardOutput.ReadLine()!)!;
        await using DataPlane plain = Start(new() { Listens = false });
        await using DataPlane secured = Start(new() { Listens = false, Tls = ScratchCertificates.Files(_folder.FullName) });
        await using Link open = await plain.ConnectAsync(address.Plain, 1, TakeAsync, cancellationToken);
        await using Link closed = await secured.ConnectAsync(address.Secured, 1, TakeAsync, cancellationToken);
        List<(double Plain, double Secured)> turns = [];
        for (int round = 0; round <= question.Rounds; round++)
        {
            (double, double) turn = (await TurnAsync(open, cancellationToken), await TurnAsync(closed, cancellationToken));
            // The first turn warms both up and is not counted.
            if (round > 0)
                turns.Add(turn);
        }
        peer.StandardInput.Close();
        return Lines(turns);
    }

    private string[] Lines(List<(double Plain, double Secured)> turns) =>
    [
        "ms an image   bytes an image   images/s in plaintext   images/s with mutual TLS   ratio",
        string.Create(CultureInfo.InvariantCulture,
            $"{question.Milliseconds,11}   {question.Bytes,14}   {Median(turns.Select(turn => turn.Plain)),21:F1}   "
                + $"{Median(turns.Select(turn => turn.Secured)),24:F1}   {Median(turns.Select(turn => turn.Secured / turn.Plain)),5:F3}"),
    ];

    /// <summary>Images a second.</summary>
    private async Task<double> TurnAsync(Link link, CancellationToken cancellationToken)
    {
        byte[] image = new byte[question.Bytes];
        long before = Interlocked.Read(ref _answers);
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < question.Turn)
        {
            await _slots.WaitAsync(cancellationToken);
            await link.SendAsync(TlsPeer.Kind, default, image, cancellationToken);
        }
        for (int i = 0; i < UnderWay; i++)
            await _slots.WaitAsync(cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        _slots.Release(UnderWay);
        return (Interlocked.Read(ref _answers) - before) / seconds;
    }

    private static DataPlane Start(DataPlaneConfiguration plane) => DataPlane.Start(
        plane, new("benchmark", "self", 2), _ => (_, _) => ValueTask.CompletedTask, TimeProvider.System, NullLoggerFactory.Instance);

    private ValueTask TakeAsync(Link link, Frame frame)
    {
        frame.Body?.Dispose();
        Interlocked.Increment(ref _answers);
        _slots.Release();
        return ValueTask.CompletedTask;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
