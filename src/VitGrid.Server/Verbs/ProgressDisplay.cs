using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace VitGrid.Server.Verbs;

/// <summary>Shows how far long work is, on stderr: a bar on a terminal, a plain line every few seconds elsewhere.</summary>
internal static class ProgressDisplay
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    /// <summary>Runs <paramref name="work"/>, which calls its argument with the fraction done, 0–1.</summary>
    public static Task RunAsync(Terminal terminal, string title, bool bar, Func<Action<double>, Task> work) =>
        RunAsync(terminal, () => title, bar, work);

    /// <summary>The same with a title that changes.</summary>
    public static async Task RunAsync(Terminal terminal, Func<string> title, bool bar, Func<Action<double>, Task> work)
    {
        if (bar)
            await terminal.ErrorConsole().Progress().Columns(Columns()).StartAsync(context => RunWithBarAsync(context, title, work));
        else
            await work(PlainLines(terminal, title));
    }

    private static ProgressColumn[] Columns() =>
        [new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()];

    private static async Task RunWithBarAsync(ProgressContext context, Func<string> title, Func<Action<double>, Task> work)
    {
        ProgressTask task = context.AddTask(Markup.Escape(title()), maxValue: 1);
        await work(fraction =>
        {
            task.Description = Markup.Escape(title());
            task.Value = fraction;
        });
        task.Value = 1;
    }

    private static Action<double> PlainLines(Terminal terminal, Func<string> title)
    {
        Stopwatch sinceLine = Stopwatch.StartNew();
        return fraction =>
        {
            if (sinceLine.Elapsed < BetweenLines)
                return;
            sinceLine.Restart();
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{title()}: {fraction:P0}"));
        };
    }
}
