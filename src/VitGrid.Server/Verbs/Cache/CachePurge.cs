using System.CommandLine;
using VitGrid.Cluster.Administration;
using VitGrid.Server.Verbs.Audit;

namespace VitGrid.Server.Verbs.Cache;

/// <summary><c>vitgrid cache purge --model M</c>: Redis forgets a model's vectors.</summary>
internal static class CachePurge
{
    public static Verb Create(VerbContext context)
    {
        Option<string?> redis = CacheConnection.Redis();
        Option<string> model = ValueOption.From<string>("--model", "NAME", "The model whose vectors go, of every revision", text => text);
        model.Required = true;
        Verb verb = new(
            "purge",
            "Remove every vector of a model from the cache's Redis, in small steps while it serves. A running process still answers from "
                + "its memory what it holds there.",
            "vitgrid cache purge --model internvit-nano --redis 127.0.0.1:6379") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(model);
        verb.Add(redis);
        verb.SetAction(async (parsed, cancellation) =>
        {
            await using CacheAdministration cache = await CacheConnection.ConnectAsync(parsed, parsed.GetValue(redis));
            int code = await RunAsync(context.Terminal, cache, parsed.GetRequiredValue(model), cancellation);
            await VerbAudit.WriteAsync(parsed, "cache", "cache purge", parsed.GetRequiredValue(model));
            return code;
        });
        return verb;
    }

    private static async Task<int> RunAsync(Terminal terminal, CacheAdministration cache, string model, CancellationToken cancellationToken)
    {
        long gone = 0;
        await ProgressDisplay.RunAsync(
            terminal, "purging", terminal.ErrorIsTerminal, async progress => gone = await cache.PurgeAsync(
                model, progress, cancellationToken));
        terminal.Say($"{Amounts.Count(gone)} vectors of {model} removed");
        return ExitCode.Done;
    }
}
