using System.Diagnostics;
using VitGrid.Runtime.Devices;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>Counts and times a run.</summary>
internal sealed class RunFigures(int expected)
{
    private const int FailuresShown = 10;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _load;
    private EmbedOutcome? _firstIgnored;
    private int _ignored;

    public int Images { get; private set; }

    /// <summary>How much is done, 0–1.</summary>
    public double Fraction => (double)Images / expected;

    public List<EmbedOutcome> Failures { get; } = [];

    /// <summary>The grid is ready; images are timed from here.</summary>
    public void Started()
    {
        _load = _clock.Elapsed;
        _clock.Restart();
    }

    public void Count(EmbedOutcome outcome)
    {
        Images++;
        if (outcome.IgnoredOrientation > 1)
        {
            _firstIgnored ??= outcome;
            _ignored++;
        }
        if (outcome.Error is not null)
            Failures.Add(outcome);
    }

    /// <summary>The last image is done.</summary>
    public void Stopped() => _clock.Stop();

    /// <summary>Says on stderr what failed and, when asked for, how fast it went.</summary>
    public void Print(Terminal terminal, string model, bool verbose)
    {
        foreach (EmbedOutcome failure in Failures.Take(FailuresShown))
            terminal.Say($"vitgrid: {failure.File}: {failure.Error!.Message}");
        if (Failures.Count > 0)
            terminal.Say($"vitgrid: {Failures.Count} of {Images} images failed");
        if (_firstIgnored is { } first)
        {
            terminal.Say($"vitgrid: {_ignored} of {Images} images have an EXIF orientation, which was ignored "
                + $"(first: {first.File}, orientation {first.IgnoredOrientation}); "
                + "--exif apply turns them upright, --exif ignore says nothing of it");
        }
        if (!verbose)
            return;

        double seconds = _clock.Elapsed.TotalSeconds;
        terminal.Say($"{model}: ready after {Amounts.Number(_load.TotalSeconds, 3)} s");
        terminal.Say($"{Images} images in {Amounts.Number(seconds)} s: {Amounts.Number(seconds / Images)} s an image, "
            + $"{Amounts.Number(Images / seconds)} images/s");
        terminal.Say($"peak memory {Amounts.Bytes(HostMachine.PeakMemoryBytes())} on {Environment.ProcessorCount} cores, "
            + $"{HostMachine.Processor} ({string.Join(' ', HostMachine.InstructionSets)})");
    }
}
