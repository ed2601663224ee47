using System.CommandLine;
using Spectre.Console;
using VitGrid.Cluster.Administration;

namespace VitGrid.Server.Verbs.Cache;

/// <summary><c>vitgrid cache stats</c>: vectors and bytes by model, and how Redis fares.</summary>
internal static class CacheStats
{
    public static Verb Create(VerbContext context)
    {
        Option<string?> redis = CacheConnection.Redis();
        Option<string?> model = ValueOption.From<string?>("--model", "NAME", "Count this model only [default: all]", text => text);
        Option<bool> json = new("--json") { Description = "Print one JSON object, also on a terminal" };
        Verb verb = new(
            "stats",
            "Print the vectors and bytes of each model in the cache's Redis, and Redis' own memory, policy and counters. A table on a "
                + "terminal, one JSON object elsewhere.",
            "vitgrid cache stats --redis 127.0.0.1:6379",
            "vitgrid cache stats --model internvit-nano --redis 127.0.0.1:6379 --json") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(model);
        verb.Add(redis);
        verb.Add(json);
        verb.SetAction(async (parsed, cancellation) =>
        {
            await using CacheAdministration cache = await CacheConnection.ConnectAsync(parsed, parsed.GetValue(redis));
            await RunAsync(context.Terminal, cache, parsed.GetValue(model), parsed.GetValue(json), cancellation);
            return ExitCode.Done;
        });
        return verb;
    }

    private static async Task RunAsync(
        Terminal terminal, CacheAdministration cache, string? model, bool json, CancellationToken cancellationToken)
    {
        CacheStatus? status = null;
        await ProgressDisplay.RunAsync(
            terminal, "counting", terminal.ErrorIsTerminal, async progress => status = await cache.StatusAsync(
                model, progress, cancellationToken));
        if (json || !terminal.OutIsTerminal)
            terminal.Out.WriteLine(JsonLines.Line(status!));
        else
            Print(terminal, status!);
    }

    private static void Print(Terminal terminal, CacheStatus status)
    {
        Table table = new Table().AddColumns("model", "revision", "vectors", "bytes");
        foreach (CachedModel model in status.Models)
            table.AddRow(Markup.Escape(model.Model), model.Revision, Amounts.Count(model.Vectors), Amounts.Bytes(model.Bytes));
        terminal.OutConsole().Write(table);
        terminal.Out.WriteLine($"Redis {status.Redis}: {Amounts.Bytes(status.UsedBytes)} of "
            + $"{(status.MaxBytes is { } most ? Amounts.Bytes(most) : "unbounded memory")}, policy {status.Policy}; "
            + $"{Amounts.Count(status.Hits)} hits, {Amounts.Count(status.Misses)} misses, "
            + $"{Amounts.Count(status.Evicted)} evicted since it started");
        if (status.Warning is { } warning)
            terminal.Say($"Redis {status.Redis} {warning}");
    }
}
