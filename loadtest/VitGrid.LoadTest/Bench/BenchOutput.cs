using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Bench;

/// <summary>Where a report goes.</summary>
/// <param name="Json">JSON on stdout.</param>
/// <param name="JsonFile">JSON to a file; null: none.</param>
/// <param name="HtmlFile">A page to a file; null: none.</param>
internal sealed record BenchTargets(bool Json, string? JsonFile, string? HtmlFile);

/// <summary>Runs <c>bench</c> and says what came of it: JSON on stdout when asked for, all else on stderr.</summary>
internal sealed class BenchOutput(TextWriter output, TextWriter error, bool errorIsTerminal)
{
    private const int Done = 0, Failed = 1, SomeFailed = 2;

    /// <summary>Of this process.</summary>
    public static BenchOutput OfThisProcess() => new(Console.Out, Console.Error, !Console.IsErrorRedirected);

    /// <summary>Runs it.</summary>
    /// <returns>0; 1 when nothing was answered, a vector differed or no rate was found; 2 when requests failed or were late.</returns>
    public async Task<int> RunAsync(BenchOptions options, string command, BenchTargets targets, CancellationToken cancellationToken)
    {
        BenchReport report;
        try
        {
            using BenchRun run = new(options);
            report = await run.RunAsync(command, new(error, errorIsTerminal), cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"the images cannot be read: {exception.Message}");
            return Failed;
        }
        await WriteAsync(report, targets, cancellationToken);
        return CodeOf(report);
    }

    /// <summary>What a report is worth to a script.</summary>
    public static int CodeOf(BenchReport report)
    {
        if (report.Verify is { Different: > 0 } || report.Search is { Rate: null } || report.Steps.Sum(step => step.Answered) == 0)
            return Failed;
        // A search drives a server over its limit on purpose.
        return report.Search is null && report.Steps.Any(step => step.Late + step.Failed + step.NotSent > 0) ? SomeFailed : Done;
    }

    private async Task WriteAsync(BenchReport report, BenchTargets targets, CancellationToken cancellationToken)
    {
        if (targets.JsonFile is { } json)
            await File.WriteAllTextAsync(json, report.ToJson() + "\n", cancellationToken);
        if (targets.HtmlFile is { } html)
            await File.WriteAllTextAsync(html, HtmlReport.Write(report), cancellationToken);
        if (targets.Json)
            await output.WriteLineAsync(report.ToJson());
        foreach (string line in Summary.Lines(report))
            await error.WriteLineAsync(line);
    }
}
