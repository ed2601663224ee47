using System.Diagnostics;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Models;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Parity;

namespace VitGrid.Cluster.Administration;

/// <summary>Asks every worker of a table after itself, and sends one image through every replica.</summary>
internal sealed class GridExaminer(IGrainFactory grains, GridTable table, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(40);

    public async Task<GridExamination> RunAsync()
    {
        ExaminedProcess[] processes = await Task.WhenAll(table.Nodes.Select(AskAsync));
        List<ExaminedReplica> replicas = [];
        foreach (ModelRow model in table.Models)
            replicas.AddRange(await ProbeAsync(model));
        return new(processes, replicas);
    }

    private async Task<ExaminedProcess> AskAsync(NodeRow node)
    {
        DateTimeOffset began = time.GetUtcNow();
        try
        {
            ProcessReport report = await Process(node.Address).ReportAsync().WaitAsync(Patience);
            TimeSpan took = time.GetUtcNow() - began;
            return new(node.Address.Node, null)
            {
                Version = report.Version,
                Took = took,
                Ahead = DateTimeOffset.FromUnixTimeMilliseconds(report.Milliseconds) - (began + (took / 2)),
                Certificates = [.. report.Certificates.Select(row => (row.Setting, EndOf(row)))],
                Disks = [.. report.Disks.Select(disk => (disk.Purpose, disk.Folder, disk.FreeBytes, disk.Bytes))],
            };
        }
        catch (Exception exception)
        {
            // Whatever it was, it is what the operator asked for.
            return new(
                node.Address.Node, exception is TimeoutException ? $"no answer within {Patience.TotalSeconds:0} s" : exception.Message);
        }
    }

    private static DateTimeOffset? EndOf(CertificateRow row) =>
        row.EndsMilliseconds is { } end ? DateTimeOffset.FromUnixTimeMilliseconds(end) : null;

    /// <summary>One after another: each has its device to itself, as far as others let it.</summary>
    private async Task<IEnumerable<ExaminedReplica>> ProbeAsync(ModelRow model)
    {
        List<ExaminedReplica> replicas = [];
        ModelFacts facts = model.Card.Facts();
        float[]? first = null;
        foreach (ReplicaRow replica in model.Replicas.Where(replica => replica.State == ReplicaState.Serving))
        {
            Stopwatch watch = Stopwatch.StartNew();
            string? problem = null;
            try
            {
                float[] vector = await Process(replica.Layout.Head).ProbeAsync(replica.Layout.Key).WaitAsync(ProbePatience);
                problem = Objection(facts, first, vector);
                first ??= vector;
            }
            catch (Exception exception)
            {
                problem = exception is TimeoutException ? $"no vector within {ProbePatience.TotalSeconds:0} s" : exception.Message;
            }
            replicas.Add(new($"{replica.Layout.Key}", Devices(replica), watch.Elapsed, problem));
        }
        return replicas;
    }

    private static string Devices(ReplicaRow replica) =>
        string.Join(", ", replica.Layout.Stages.Select(stage => $"{stage.Node.Node}/{stage.Device}"));

    /// <summary>What speaks against a vector beside that of the model's first replica.</summary>
    private static string? Objection(ModelFacts facts, float[]? first, float[] vector)
    {
        if (Array.Exists(vector, number => !float.IsFinite(number)))
            return "its vector holds what is no number";
        double limit = facts.Precision == Precision.Fp32 ? UnitDistance.Exact : UnitDistance.Rounded;
        double distance = first is null ? 0 : UnitDistance.Between(first, vector, facts.Architecture.Width);
        return distance <= limit ? null : string.Create(
            CultureInfo.InvariantCulture, $"its vector is {distance:0.####} from that of the model's first replica, of at most {limit}");
    }

    private IProcessGrain Process(NodeAddress node) =>
        grains.GetGrain<IProcessGrain>(IProcessGrain.KeyOf(SiloAddress.FromParsableString(node.Node)));
}
