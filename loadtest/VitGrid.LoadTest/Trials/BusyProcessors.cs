using System.Globalization;

namespace VitGrid.LoadTest.Trials;

/// <summary>How many of the machine's processors were busy with anything since it was made; nothing where Linux does not say.</summary>
internal sealed class BusyProcessors
{
    private readonly (double Busy, double All)? _began = Read();

    /// <summary>Processors that were busy since then, on average; null: not known.</summary>
    public double? Count => (_began, Read()) is ({ } began, { } now) && now.All > began.All
        ? Environment.ProcessorCount * (now.Busy - began.Busy) / (now.All - began.All) : null;

    /// <summary>Ticks of the machine's first line: user, nice, system, idle, iowait, irq, softirq, steal.</summary>
    private static (double Busy, double All)? Read()
    {
        const string File = "/proc/stat";
        if (!System.IO.File.Exists(File))
            return null;
        double[] ticks = [.. System.IO.File.ReadLines(File).First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        return (ticks.Sum() - ticks[3] - ticks[4], ticks.Sum());
    }
}
