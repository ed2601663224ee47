using VitGrid.Model.Segments;

namespace VitGrid.Cluster.Planning;

/// <summary>A model and what it needs.</summary>
internal sealed record ModelNeed(GridModel Model, StageCosts Stage)
{
    public string Name => Model.Name;

    /// <summary>Bytes of the whole model on one device.</summary>
    public long WholeBytes => Stage.WeightBytes(Stage.Whole) + Stage.ActivationBytes;

    public static ModelNeed From(GridModel model) => new(model, new(model.Costs, model.Precision, model.BatchSize, model.Compute));
}

/// <summary>A plan under construction: which replicas are placed, and what each device has left.</summary>
internal sealed class PlanBoard
{
    private readonly Dictionary<(string Node, string Device), DeviceSlot> _slots;
    private readonly Dictionary<string, SortedDictionary<int, ImmutableArray<PlacedSegment>>> _replicas;

    public PlanBoard(IReadOnlyList<GridModel> models, IReadOnlyList<GridDevice> devices)
    {
        Needs = [.. models.Select(ModelNeed.From).OrderBy(need => need.Name, StringComparer.Ordinal)];
        Slots =
        [
            .. devices
                .OrderBy(device => device.Machine, StringComparer.Ordinal)
                .ThenBy(device => device.Node, StringComparer.Ordinal)
                .ThenBy(device => device.Name, StringComparer.Ordinal)
                .Select((device, order) => new DeviceSlot(device, order, Needs.Count(need => HoldsWhole(device, need)))),
        ];
        _slots = Slots.ToDictionary(slot => (slot.Device.Node, slot.Device.Name));
        _replicas = Needs.ToDictionary(need => need.Name, _ => new SortedDictionary<int, ImmutableArray<PlacedSegment>>());
    }

    /// <summary>The models, by name.</summary>
    public ImmutableArray<ModelNeed> Needs { get; }

    /// <summary>The devices, by machine, node and name.</summary>
    public ImmutableArray<DeviceSlot> Slots { get; }

    /// <summary>The device of <paramref name="segment"/>; null when there is none of that name.</summary>
    public DeviceSlot? Find(PlacedSegment segment) => _slots.GetValueOrDefault((segment.Node, segment.Device));

    /// <summary>The replicas of a model placed so far, by number.</summary>
    public IReadOnlyDictionary<int, ImmutableArray<PlacedSegment>> ReplicasOf(ModelNeed need) => _replicas[need.Name];

    /// <summary>Places a replica under the smallest free number.</summary>
    public void Add(ModelNeed need, ImmutableArray<PlacedSegment> segments) =>
        Add(need, FirstFree(_replicas[need.Name]), segments);

    /// <summary>Places a replica.</summary>
    public void Add(ModelNeed need, int number, ImmutableArray<PlacedSegment> segments)
    {
        _replicas[need.Name].Add(number, segments);
        foreach (PlacedSegment segment in segments)
            Find(segment)!.Add(need.Name, segment.Bytes);
    }

    /// <summary>Takes a replica away.</summary>
    public void Remove(ModelNeed need, int number)
    {
        _replicas[need.Name].Remove(number, out ImmutableArray<PlacedSegment> segments);
        foreach (PlacedSegment segment in segments)
            Find(segment)!.Remove(need.Name, segment.Bytes);
    }

    /// <summary>Images a second of a placed replica: its busiest device decides, which its models share equally.</summary>
    public double Rate(ModelNeed need, ImmutableArray<PlacedSegment> segments) =>
        1 / segments.GroupBy(segment => Find(segment)!)
            .Max(device => device.Sum(segment => need.Stage.Flops(segment.Blocks)) * device.Key.Models / device.Key.Device.Speed);

    /// <summary>The plan as it stands; models with fewer replicas than one, or than asked for, are short.</summary>
    public ClusterPlan ToPlan() => new(
        [
            .. Needs.SelectMany(need => _replicas[need.Name]
                .Select(replica => new PlacedReplica(need.Name, replica.Key, replica.Value, Rate(need, replica.Value)))),
        ],
        [
            .. from need in Needs
               let missing = Math.Max(1, need.Model.Replicas) - _replicas[need.Name].Count
               where missing > 0
               select Shortage.From(need, missing, Slots.Where(slot => slot.IsOpenTo(need.Name))),
        ]);

    private static int FirstFree(SortedDictionary<int, ImmutableArray<PlacedSegment>> replicas)
    {
        int number = replicas.ContainsKey(replicas.Count - 1) ? replicas.Count : 0;
        while (replicas.ContainsKey(number))
            number++;
        return number;
    }

    private static bool HoldsWhole(GridDevice device, ModelNeed need) =>
        device.MayServe(need.Name) && (device.MemoryBytes is not { } bound || bound >= need.WholeBytes);
}
