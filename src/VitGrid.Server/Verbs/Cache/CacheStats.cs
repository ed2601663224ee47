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
        Option<string?> tenant = ValueOption.From<string?>(
            "--tenant", "ID", "Count only what is kept for this key's id or token's subject (Cache:PerTenant) [default: all]",
            text => text);
        Option<bool> json = new("--json") { Description = "Print one JSON object, also on a terminal" };
        Verb verb = new(
            "stats",
            "Print the vectors and bytes of each model and tenant in the cache's Redis, and Redis' own memory, policy and counters. A "
                + "table on a terminal, one JSON object elsewhere.",
            "vitgrid cache stats --redis 127.0.0.1:6379",
            "vitgrid cache stats --model internvit-nano --redis 127.0.0.1:6379 --json") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(model);
        verb.Add(tenant);
        verb.Add(redis);
        verb.Add(json);
        verb.SetAction(async (parsed, cancellation) =>
        {
            await using CacheAdministration cache = await CacheConnection.ConnectAsync(parsed, parsed.GetValue(redis));
            CacheStatus status = await CountAsync(
                context.Terminal, cache, parsed.GetValue(model), parsed.GetValue(tenant), cancellation);
            if (parsed.GetValue(json) || !context.Terminal.OutIsTerminal)
                context.Terminal.Out.WriteLine(JsonLines.Line(status));
            else
                Print(context.Terminal, status);
            return ExitCode.Done;
        });
        return verb;
    }

    private static async Task<CacheStatus> CountAsync(
        Terminal terminal, CacheAdministration cache, string? model, string? tenant, CancellationToken cancellationToken)
    {
        CacheStatus? status = null;
        await ProgressDisplay.RunAsync(
            terminal, "counting", terminal.ErrorIsTerminal, async progress => status = await cache.StatusAsync(
                model, tenant, progress, cancellationToken));
        return status!;
    }

    private static void Print(Terminal terminal, CacheStatus status)
    {
        Table table = new Table().AddColumns("model", "revision", "tenant", "vectors", "bytes");
        foreach (CachedModel model in status.Models)
            table.AddRow(
                Markup.Escape(model.Model), model.Revision, model.Tenant ?? "all", Amounts.Count(model.Vectors),
                Amounts.Bytes(model.Bytes));
        terminal.OutConsole().Write(table);
        terminal.Out.WriteLine($"Redis {status.Redis}: {Amounts.Bytes(status.UsedBytes)} of "
            + $"{(status.MaxBytes is { } most ? Amounts.Bytes(most) : "unbounded memory")}, policy {status.Policy}; "
            + $"{Amounts.Count(status.Hits)} hits, {Amounts.Count(status.Misses)} misses, "
            + $"{Amounts.Count(status.Evicted)} evicted since it started");
        if (status.Warning is { } warning)
            terminal.Say($"Redis {status.Redis} {warning}");
    }
}
