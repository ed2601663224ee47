using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VitGrid.Cluster.Administration;

namespace VitGrid.Server.Verbs.Cluster;

/// <summary><c>vitgrid cluster status</c>: workers, devices, models and which segment runs where.</summary>
internal static class ClusterStatus
{
    public static Verb Create(VerbContext context)
    {
        Option<string?> redis = ClusterConnection.Redis();
        Option<bool> json = new("--json") { Description = "Print one JSON object, also on a terminal" };
        Verb verb = new(
            "status",
            "Print the grid's workers, devices and models. A table on a terminal, one JSON object elsewhere.",
            "vitgrid cluster status --redis 127.0.0.1:6379",
            "vitgrid cluster status --redis 127.0.0.1:6379 --json") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(redis);
        verb.Add(json);
        verb.SetAction(async (parsed, cancellation) =>
        {
            await using GridAdministration grid = await ClusterConnection.ConnectAsync(parsed, parsed.GetValue(redis), cancellation);
            Print(context.Terminal, await grid.StatusAsync(), parsed.GetValue(json));
            return ExitCode.Done;
        });
        return verb;
    }

    private static void Print(Terminal terminal, GridStatus status, bool json)
    {
        if (json || !terminal.OutIsTerminal)
        {
            terminal.Out.WriteLine(JsonLines.Line(status));
            return;
        }
        terminal.OutConsole().Write(Nodes(status));
        foreach (NodeStatus node in status.Nodes)
        {
            foreach (NodeDevice device in node.Devices.Where(device => device.Reason is not null))
                terminal.Out.WriteLine($"{node.Node}/{device.Device} is {device.State} since {device.Since:u}: {device.Reason}");
        }
        foreach (ModelStatus model in status.Models)
        {
            terminal.OutConsole().Write(Replicas(model));
            if (model.Problem is { } problem)
                terminal.Out.WriteLine($"{model.Name}: {problem}");
        }
    }

    private static Table Nodes(GridStatus status)
    {
        Table table = new Table().AddColumns("worker", "state", "process", "device", "health", "name", "memory", "TFLOP/s");
        foreach (NodeStatus node in status.Nodes)
        {
            foreach (NodeDevice device in node.Devices)
            {
                table.AddRow(
                    node.Node,
                    node.State,
                    node.ProcessId.ToString(CultureInfo.InvariantCulture),
                    device.Device,
                    device.State,
                    device.Name,
                    device.MemoryBytes is { } bytes ? Amounts.Bytes(bytes) : "not bounded",
                    Amounts.Number(device.Speed / 1e12, 3));
            }
        }
        return table;
    }

    private static Table Replicas(ModelStatus model)
    {
        Table table = new Table { Title = new($"{model.Name} ({model.State})") }.AddColumns(
            "replica", "state", "segment", "blocks", "worker", "device", "memory");
        foreach (ReplicaStatus replica in model.Replicas)
        {
            foreach (StageStatus stage in replica.Stages)
            {
                table.AddRow(
                    replica.Replica.ToString(CultureInfo.InvariantCulture),
                    $"{replica.State}, {stage.State}",
                    stage.Segment.ToString(CultureInfo.InvariantCulture),
                    stage.Blocks,
                    stage.Node,
                    stage.Device,
                    Amounts.Bytes(stage.Bytes));
            }
        }
        return table;
    }
}
