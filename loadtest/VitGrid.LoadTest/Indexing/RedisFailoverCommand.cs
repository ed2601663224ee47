using System.CommandLine;

namespace VitGrid.LoadTest.Indexing;

/// <summary><c>redis-failover</c>: the indexing queue while its primary Redis dies and a replica takes over.</summary>
internal static class RedisFailoverCommand
{
    private const string Folder = "out/redis-failover";

    public static Command Create(Option<string> server, Option<string?> results)
    {
        Option<int> failovers = new("--failovers")
        {
            Description = "jobs during each of which the primary is killed", DefaultValueFactory = _ => 3,
        };
        Option<int> images = new("--pictures") { Description = "images of each job", DefaultValueFactory = _ => 400 };
        Option<int> confirm = new("--confirm")
        {
            Description = "Indexing:ConfirmReplicas; 0 shows what a fail-over loses", DefaultValueFactory = _ => 1,
        };
        Option<int> cut = new("--cut")
        {
            Description = "ms before each kill at which the replica is cut off, as by a broken network: on one machine it is never behind",
            DefaultValueFactory = _ => 0,
        };
        Command command = new(
            "redis-failover",
            "jobs of the indexing queue, in each of which the primary Redis is killed at a time drawn by chance and its replica promoted "
                + "by a sentinel; what was submitted must be in the sink exactly once. Example: vitgrid-loadtest redis-failover "
                + "--failovers 20")
        {
            server, failovers, images, confirm, cut, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            FailoverOptions options = new(
                Path.GetFullPath(parsed.GetValue(server)!), parsed.GetValue(images), parsed.GetValue(failovers), parsed.GetValue(confirm),
                TimeSpan.FromMilliseconds(parsed.GetValue(cut)), Folder);
            (IReadOnlyList<string> lines, bool passed) = await new RedisFailover(options, Console.Error).RunAsync(cancellation);
            string text = string.Join(
                Environment.NewLine, [Machine.Line(), $"vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}", "",
                    .. lines]);
            Console.WriteLine(text);
            if (parsed.GetValue(results) is { } file)
                await File.AppendAllTextAsync(file, text + Environment.NewLine, cancellation);
            return passed ? 0 : 1;
        });
        return command;
    }
}
