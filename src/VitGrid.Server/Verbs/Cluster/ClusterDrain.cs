using System.CommandLine;
using VitGrid.Cluster.Administration;
using VitGrid.Server.Verbs.Audit;

namespace VitGrid.Server.Verbs.Cluster;

/// <summary><c>vitgrid cluster drain NODE</c>: a worker finishes what it has, hands over and ends.</summary>
internal static class ClusterDrain
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public static Verb Create(VerbContext context)
    {
        Argument<string> node = new("NODE") { Description = "The worker's name, as 'vitgrid cluster status' prints it" };
        Option<string?> redis = ClusterConnection.Redis();
        Verb verb = new(
            "drain",
            "Take a worker out of the grid: it goes on until its segments are loaded elsewhere, answers what it accepted, and its process "
                + "ends.",
            "vitgrid cluster drain 127.0.0.1:11111@137421 --redis 127.0.0.1:6379") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(node);
        verb.Add(redis);
        verb.SetAction(async (parsed, cancellation) =>
        {
            await using GridAdministration grid = await ClusterConnection.ConnectAsync(parsed, parsed.GetValue(redis), cancellation);
            await DrainAsync(grid, parsed.GetRequiredValue(node));
            await VerbAudit.WriteAsync(parsed, "cluster", "cluster drain", parsed.GetRequiredValue(node));
            return await WaitAsync(context.Terminal, grid, parsed.GetRequiredValue(node), cancellation);
        });
        return verb;
    }

    private static async Task DrainAsync(GridAdministration grid, string node)
    {
        if (await grid.DrainAsync(node))
            return;
        GridStatus status = await grid.StatusAsync();
        throw new VerbException(
            $"the grid has no worker '{node}'; it has {string.Join(", ", status.Nodes.Select(worker => worker.Node))}");
    }

    private static async Task<int> WaitAsync(Terminal terminal, GridAdministration grid, string node, CancellationToken cancellationToken)
    {
        terminal.Say($"{node} is draining");
        long limit = Environment.TickCount64 + (long)AnswerTimeout.TotalMilliseconds;
        while ((await grid.StatusAsync()).Nodes.Any(worker => worker.Node == node))
        {
            if (Environment.TickCount64 > limit)
                throw new VerbException($"{node} has not left within {AnswerTimeout.TotalMinutes:0} minutes; see its log");
            await Task.Delay(Pause, cancellationToken);
        }
        terminal.Say($"{node} has left");
        return ExitCode.Done;
    }
}
