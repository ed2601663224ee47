using System.CommandLine;
using VitGrid.Cluster.Administration;
using VitGrid.Engine.Options;
using VitGrid.Redis;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Verbs.Cluster;

namespace VitGrid.Server.Verbs.Doctor;

/// <summary>
/// Examines a running grid: every Redis that the configuration names, every worker and named front end, and every replica with one image.
/// </summary>
internal static class GridDoctor
{
    /// <summary>What was found.</summary>
    /// <param name="parsed">The command line, whose settings say where the grid is.</param>
    /// <param name="redis">The membership's Redis, where a flag names it.</param>
    /// <param name="frontEnds">Where front ends listen that are asked too.</param>
    /// <param name="survey">Asks them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<Finding[]> FindAsync(
        ParseResult parsed, string? redis, Uri[] frontEnds, FrontEndSurvey survey, CancellationToken cancellationToken)
    {
        ServerOptions options = ClusterConnection.Options(parsed, redis, "doctor");
        (ClusterOptions members, IndexingOptions queue) = (options.Cluster, options.Indexing);
        Task<Finding[]>[] stores =
        [
            AskAsync(RedisUse.Membership, members.Redis, new(members.RedisPasswordFile, members.RedisAuthorityFile)),
            AskAsync(RedisUse.Cache, options.Cache.Redis, new(options.Cache.RedisPasswordFile, options.Cache.RedisAuthorityFile)),
            AskAsync(RedisUse.Queue, queue.Redis, new(queue.RedisPasswordFile, queue.RedisAuthorityFile), queue.ConfirmReplicas),
            AskAsync(RedisUse.Keys, options.Auth.Redis, options.Auth.RedisLogin),
        ];
        Task<ExaminedProcess[]> asked = Task.WhenAll(frontEnds.Select(url => survey.AskAsync(url, cancellationToken)));
        Finding[] found = [.. (await Task.WhenAll(stores)).SelectMany(finding => finding)];
        return [.. found, .. await ExamineAsync(parsed, options, await asked, cancellationToken)];
    }

    private static async Task<IEnumerable<Finding>> ExamineAsync(
        ParseResult parsed, ServerOptions options, IReadOnlyList<ExaminedProcess> frontEnds, CancellationToken cancellationToken)
    {
        try
        {
            await using GridAdministration grid = await ClusterConnection.ConnectAsync(parsed, options, cancellationToken);
            return GridChecks.Find(await grid.ExamineAsync(), frontEnds, TimeProvider.System.GetUtcNow());
        }
        catch (Exception exception) when (exception is GridConfigurationException or TimeoutException)
        {
            return
            [
                new("grid", Health.Missing, exception.Message, "start a worker, or name the grid's Redis and certificates as it does"),
                .. GridChecks.Find(new([], []), frontEnds, TimeProvider.System.GetUtcNow()),
            ];
        }
    }

    private static async Task<Finding[]> AskAsync(RedisUse use, string? address, RedisLogin login, int replicas = 0) =>
        address is null ? [] : [.. RedisChecks.Find(use, await RedisSurvey.AskAsync(address, login), replicas)];
}
