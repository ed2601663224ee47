using System.Globalization;
using System.Text.Json;
using VitGrid.LoadTest.Bench;
using VitGrid.LoadTest.Processes;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Trials;

/// <summary>
/// Another client's load, sent by a process of its own that stands back behind the server's threads: one on another machine would take
/// nothing of the server's processor, nor wait in the thread pool of the client that counts.
/// </summary>
internal sealed class FloodProcess : IDisposable
{
    private const int Nice = 10;

    private readonly ChildProcess _process;
    private readonly string _report;

    private FloodProcess(ChildProcess process, string report) => (_process, _report) = (process, report);

    /// <summary>Starts it.</summary>
    /// <param name="options">What it sends where, at which rate and for how long.</param>
    /// <param name="key">The sender's.</param>
    public static FloodProcess Start(BenchOptions options, string key)
    {
        string report = Path.GetTempFileName();
        string[] command =
        [
            "dotnet", typeof(FloodProcess).Assembly.Location, "bench", "--url", options.Address.ToString(), "--api-key", key,
            "--rate", Number(options.Rates[0]), "--duration", Number(options.Duration.TotalSeconds), "--warm-up", "0",
            "--mix", string.Join(',', options.Mix), "--form", "raw", "--cache", options.Shape.Cache ?? "use",
            "--seed", Number(options.Seed), "--out", report,
        ];
        if (OperatingSystem.IsLinux())
            command = ["nice", "-n", Number(Nice), .. command];
        return new(ChildProcess.Start(command[0], command[1..]), report);
    }

    /// <summary>Waits until it has sent all and says what became of it.</summary>
    /// <exception cref="InvalidOperationException">It did not get that far.</exception>
    public async Task<StepReport> EndAsync(CancellationToken cancellationToken)
    {
        int code = await _process.WaitForExitAsync(cancellationToken);
        string text = await File.ReadAllTextAsync(_report, cancellationToken);
        return text.Length > 0 && JsonSerializer.Deserialize(text, BenchJson.Default.BenchReport) is { } report
            ? report.Steps[0]
            : throw new InvalidOperationException($"the flood ended with {code}:{Environment.NewLine}{_process.LastLines()}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Dispose();
        File.Delete(_report);
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
