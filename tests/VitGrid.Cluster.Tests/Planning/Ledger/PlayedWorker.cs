using System.Collections.Immutable;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Planning.Ledger;
using VitGrid.Engine.Models;
using VitGrid.Engine.Replica;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Tests.Planning.Ledger;

/// <summary>A worker played by a test: it follows commands and finishes loads when it is told to.</summary>
internal sealed class PlayedWorker(string name, ImmutableArray<ModelCard> cards, long? memory)
{
    private readonly Dictionary<StageKey, StageReport> _stages = [];

    public string Name => name;

    public bool Leaving { get; set; }

    /// <summary>Its devices that are not healthy.</summary>
    public ImmutableArray<SickDevice> Sick { get; set; } = [];

    /// <summary>Version of the newest table it has seen.</summary>
    public long TableVersion { get; set; }

    public IEnumerable<StageKey> Stages => _stages.Keys;

    public static ModelCard Card(string model, int segments = 1, int replicas = 1, string fingerprint = "f1", string? arithmetic = null)
    {
        ModelFacts facts = TinyFacts.Create(segments, replicas);
        return ModelCard.From(model, fingerprint, arithmetic is null ? facts : facts with { Arithmetic = arithmetic });
    }

    public WorkerReport Report() => new()
    {
        Address = new(name, 1, null),
        Machine = name,
        ProcessId = 1,
        Leaving = Leaving,
        Devices = [new("cpu:0", "played", memory, 1e9, null, 1)],
        Models = cards,
        Stages = [.. _stages.Values],
        TableVersion = TableVersion,
        Sick = Sick,
    };

    /// <summary>Its device as it tells of it: found at <paramref name="found"/> seconds, last good at <paramref name="good"/>.</summary>
    public static SickDevice SickWith(DeviceState state, IllnessKind kind, int found = 100, int? good = 40, double share = 1) =>
        SickDevice.From(new DeviceStatus("cpu:0", state)
        {
            Illness = new(kind, "the probe is off by 0.1", At(found), good is { } since ? At(since) : null, "m"),
            Share = share,
        })!;

    private static DateTimeOffset At(int seconds) => DateTimeOffset.UnixEpoch.AddYears(50).AddSeconds(seconds);

    public void Follow(StageCommand command)
    {
        if (command.Layout is { } layout)
            _stages.TryAdd(command.Stage, new(layout, command.Stage.Segment, StageState.Loading, null, 0));
        else
            _stages.Remove(command.Stage);
    }

    /// <summary>Ends the loads under way, well or with a <paramref name="problem"/>.</summary>
    public void Load(string? problem = null) => Change(
        stage => stage.State == StageState.Loading,
        stage => stage with { State = problem is null ? StageState.Ready : StageState.Failed, Problem = problem });

    /// <summary>Says from now on that each stage holds so many batches.</summary>
    public void Hold(int batches) => Change(_ => true, stage => stage with { InFlight = batches });

    private void Change(Func<StageReport, bool> which, Func<StageReport, StageReport> how)
    {
        foreach ((StageKey key, StageReport stage) in _stages.Where(entry => which(entry.Value)).ToArray())
            _stages[key] = how(stage);
    }
}
