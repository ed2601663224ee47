using System.Text.Json;
using System.Text.Json.Serialization;

namespace VitGrid.LoadTest.Failures;

/// <summary>What <c>vitgrid cluster status --json</c> prints.</summary>
internal sealed record GridStatus(long Version, IReadOnlyList<NodeStatus> Nodes, IReadOnlyList<ModelStatus> Models)
{
    /// <summary>Reads the JSON object.</summary>
    /// <exception cref="JsonException">It is another one.</exception>
    public static GridStatus Parse(string json) =>
        JsonSerializer.Deserialize(json, GridStatusJson.Default.GridStatus) ?? throw new JsonException("the status is null");

    /// <summary>Why the grid is not whole with exactly the processes <paramref name="workers"/>; null when it is.</summary>
    public string? Missing(IReadOnlySet<int> workers)
    {
        if (Nodes.FirstOrDefault(node => node.State != "active") is { } inactive)
            return $"{inactive.Node} is {inactive.State}";
        if (!workers.SetEquals(Nodes.Select(node => node.ProcessId)))
            return $"the nodes are processes {List(Nodes.Select(node => node.ProcessId))}, not {List(workers)}";
        if (Models.Count == 0)
            return "there is no model";
        return Models.Select(model => model.Missing(Nodes)).FirstOrDefault(missing => missing is not null);
    }

    /// <summary>The process that holds segment <paramref name="segment"/> of the first model; null when none is known.</summary>
    public int? HolderOf(int segment)
    {
        string? holder = Models.Take(1).SelectMany(Stages).FirstOrDefault(stage => stage.Segment == segment)?.Node;
        return Nodes.FirstOrDefault(node => node.Node == holder)?.ProcessId;
    }

    /// <summary>The processes of the first model's serving replica, in the order of its segments; null while none serves.</summary>
    public IReadOnlyList<int>? ServingProcesses()
    {
        IReadOnlyList<StageStatus>? stages = Models.Take(1).SelectMany(model => model.Replicas).FirstOrDefault(
            replica => replica.State == "serving")?.Stages;
        return stages is null ? null : [
            .. stages.OrderBy(stage => stage.Segment).Select(
                stage => Nodes.FirstOrDefault(node => node.Node == stage.Node)?.ProcessId ?? 0)];
    }

    /// <summary>The node that is process <paramref name="processId"/>; null when it is none.</summary>
    public NodeStatus? NodeOf(int processId) => Nodes.FirstOrDefault(node => node.ProcessId == processId);

    /// <summary>Whether a stage is on <paramref name="node"/>, ready or not.</summary>
    public bool Holds(string node) => Models.SelectMany(Stages).Any(stage => stage.Node == node);

    private static IEnumerable<StageStatus> Stages(ModelStatus model) => model.Replicas.SelectMany(replica => replica.Stages);

    private static string List(IEnumerable<int> numbers) => string.Join(", ", numbers.Order());
}

/// <summary>A worker.</summary>
internal sealed record NodeStatus(string Node, string State, int ProcessId);

/// <summary>A model and where it runs.</summary>
internal sealed record ModelStatus(string Name, string State, IReadOnlyList<ReplicaStatus> Replicas)
{
    /// <summary>Why it is not wholly served by <paramref name="nodes"/>; null when it is.</summary>
    public string? Missing(IReadOnlyList<NodeStatus> nodes)
    {
        if (State != "ready")
            return $"{Name} is {State}";
        if (Replicas.Count == 0)
            return $"{Name} has no replica";
        if (Replicas.FirstOrDefault(replica => replica.State != "serving") is { } busy)
            return $"{Name}'s replica {busy.Replica} is {busy.State}";
        StageStatus? broken = Replicas.SelectMany(replica => replica.Stages)
            .FirstOrDefault(stage => stage.State != "ready" || nodes.All(node => node.Node != stage.Node));
        return broken is null ? null : $"{Name}'s segment {broken.Segment} is {broken.State} on {broken.Node}";
    }
}

/// <summary>One pipeline of a model.</summary>
internal sealed record ReplicaStatus(int Replica, long Epoch, string State, IReadOnlyList<StageStatus> Stages);

/// <summary>One segment on its device.</summary>
internal sealed record StageStatus(int Segment, string Node, string State);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(GridStatus))]
internal sealed partial class GridStatusJson : JsonSerializerContext;
