namespace VitGrid.Cluster.Contracts;

/// <summary>One incarnation of one replica of a model: the unit that is planned, loaded, served and retired as a whole.</summary>
/// <param name="Model">The model's name; may hold slashes.</param>
/// <param name="Replica">Number among the model's replicas.</param>
/// <param name="Epoch">Never used twice: a stage of another epoch is refused, so no image passes a mixed pipeline.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.replica-key")]
internal readonly record struct ReplicaKey([property: Id(0)] string Model, [property: Id(1)] int Replica, [property: Id(2)] long Epoch)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Model}/{Replica}/{Epoch}");

    public static ReplicaKey Parse(string text)
    {
        int second = text.LastIndexOf('/');
        int first = text.LastIndexOf('/', second - 1);
        return new(
            text[..first],
            int.Parse(text.AsSpan(first + 1, second - first - 1), NumberStyles.None, CultureInfo.InvariantCulture),
            long.Parse(text.AsSpan(second + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }
}

/// <summary>One segment of one incarnation of a replica.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.stage-key")]
internal readonly record struct StageKey([property: Id(0)] ReplicaKey Replica, [property: Id(1)] int Segment)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Replica}/{Segment}");

    public static StageKey Parse(string text)
    {
        int last = text.LastIndexOf('/');
        return new(ReplicaKey.Parse(text[..last]), int.Parse(text.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }
}

/// <summary>The key of a segment grain: the stage and the silo that the planner gave it to. Whoever has the key knows where it lives.</summary>
internal readonly record struct SegmentGrainKey(StageKey Stage, SiloAddress Silo)
{
    private const char Separator = '|';

    public override string ToString() => $"{Stage}{Separator}{Silo.ToParsableString()}";

    public static SegmentGrainKey Parse(string text)
    {
        int bar = text.LastIndexOf(Separator);
        return new(StageKey.Parse(text[..bar]), SiloAddress.FromParsableString(text[(bar + 1)..]));
    }
}
