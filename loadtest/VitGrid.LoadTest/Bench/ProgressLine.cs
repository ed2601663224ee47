using System.Globalization;

namespace VitGrid.LoadTest.Bench;

/// <summary>How far a load is: a bar that is drawn over on a terminal, a line every few seconds elsewhere.</summary>
internal sealed class ProgressLine(TextWriter output, bool isTerminal)
{
    private const int Cells = 24;
    private const int TicksBetweenLines = 10;

    private int _ticks;

    /// <summary>Shows the fraction done, 0–1, and a few words, twice a second until <paramref name="cancellationToken"/>.</summary>
    public async Task RunAsync(Func<(double Fraction, string Text)> look, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(0.5));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                await ShowAsync(look());
        }
        catch (OperationCanceledException)
        {
            if (isTerminal)
                await output.WriteAsync("\r\u001b[K");
        }
    }

    private async Task ShowAsync((double Fraction, string Text) seen)
    {
        double fraction = Math.Clamp(seen.Fraction, 0, 1);
        int full = (int)(fraction * Cells);
        if (isTerminal)
            await output.WriteAsync(
                string.Create(CultureInfo.InvariantCulture,
                    $"\r[{new string('#', full)}{new string('.', Cells - full)}] {fraction,4:P0}  {seen.Text}\u001b[K"));
        else if (++_ticks % TicksBetweenLines == 0)
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{fraction,4:P0}  {seen.Text}"));
    }
}
