using VitGrid.Model.Segments;

namespace VitGrid.Cluster.Planning;

/// <summary>
/// Text towers go where their image towers go, so that a device serves both and none is kept for one kind of request: an image tower is
/// planned with the memory of both, and its text tower is cut over the same devices in the same proportions. Pure.
/// </summary>
internal sealed class TowerPairs
{
    private readonly Dictionary<string, (GridModel Images, GridModel Texts)> _pairs;

    private TowerPairs(Dictionary<string, (GridModel Images, GridModel Texts)> pairs, IReadOnlyList<GridModel> leading) =>
        (_pairs, Leading) = (pairs, leading);

    /// <summary>The models that are planned: all but text towers beside an image tower that is among them.</summary>
    public IReadOnlyList<GridModel> Leading { get; }

    /// <summary>Finds the pairs.</summary>
    public static TowerPairs From(IReadOnlyList<GridModel> models)
    {
        Dictionary<string, (GridModel Images, GridModel Texts)> pairs = (
            from texts in models
            where texts.Beside is not null
            join images in models on texts.Beside equals images.Name
            select (images, texts)).ToDictionary(pair => pair.images.Name);
        HashSet<string> beside = [.. pairs.Values.Select(pair => pair.Texts.Name)];
        return new(pairs, [.. models.Where(model => !beside.Contains(model.Name)).Select(
            model => pairs.TryGetValue(model.Name, out (GridModel Images, GridModel Texts) pair) ? Together(pair) : model)]);
    }

    /// <summary>A plan without the towers that follow others.</summary>
    public ClusterPlan? Lead(ClusterPlan? plan) => plan is null || _pairs.Count == 0
        ? plan
        : plan with { Replicas = [.. plan.Replicas.Where(replica => !IsBeside(replica.Model))] };

    /// <summary>A plan of the leading models with the others added, a replica for each. Memory is counted with the image tower's.</summary>
    public ClusterPlan Follow(ClusterPlan plan, IReadOnlyList<GridDevice> devices)
    {
        if (_pairs.Count == 0)
            return plan;
        Dictionary<(string Node, string Name), GridDevice> places = devices.ToDictionary(device => (device.Node, device.Name));
        IEnumerable<PlacedReplica> beside = plan.Replicas
            .Where(replica => _pairs.ContainsKey(replica.Model))
            .Select(replica => Beside(_pairs[replica.Model], replica, places))
            .OfType<PlacedReplica>();
        return plan with
        {
            Replicas =
            [
                .. plan.Replicas.Concat(beside)
                    .OrderBy(replica => replica.Model, StringComparer.Ordinal)
                    .ThenBy(replica => replica.Replica),
            ],
        };
    }

    private bool IsBeside(string model) => _pairs.Values.Any(pair => pair.Texts.Name == model);

    private static GridModel Together((GridModel Images, GridModel Texts) pair) => pair.Images with
    {
        Costs = pair.Images.Costs.WithMemoryOf(pair.Texts.Costs, pair.Images.BatchSize, pair.Texts.BatchSize),
    };

    /// <summary>The text tower of a replica; null where a device's process has the images' alone.</summary>
    private static PlacedReplica? Beside(
        (GridModel Images, GridModel Texts) pair, PlacedReplica replica, Dictionary<(string Node, string Name), GridDevice> places)
    {
        (int imageDepth, int depth) = (pair.Images.Costs.Depth, pair.Texts.Costs.Depth);
        PlacedSegment[] segments =
        [
            .. replica.Segments
                .Select(segment => (Segment: segment, First: segment.Blocks.First * depth / imageDepth,
                    End: segment.Blocks.End * depth / imageDepth))
                .Where(part => part.End > part.First)
                .Select(part => part.Segment with { Blocks = new(part.First, part.End - part.First), Bytes = 0 }),
        ];
        bool isServed = segments.All(segment => places.TryGetValue((segment.Node, segment.Device), out GridDevice? place)
            && (place.Models?.Contains(pair.Texts.Name) ?? true));
        return isServed ? new(pair.Texts.Name, replica.Replica, [.. segments], Rate(pair.Texts.Costs, segments, places)) : null;
    }

    private static double Rate(
        EncoderCosts costs, PlacedSegment[] segments, Dictionary<(string Node, string Name), GridDevice> places) => 1 / segments
        .GroupBy(segment => (segment.Node, segment.Device))
        .Max(device => device.Sum(segment => Flops(costs, segment.Blocks)) / places[device.Key].Speed);

    private static double Flops(EncoderCosts costs, BlockRange blocks) =>
        (blocks.Count * costs.BlockFlops) + (blocks.First == 0 ? costs.EmbeddingFlops : 0);
}
