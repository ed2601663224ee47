namespace VitGrid.Engine.Replica;

/// <summary>One incarnation of one replica of a model: the unit that is planned, loaded, served and retired as a whole.</summary>
/// <param name="Model">The model's name; may hold slashes.</param>
/// <param name="Replica">Number among the model's replicas.</param>
/// <param name="Epoch">Never used twice: a stage of another epoch is refused, so no image passes a mixed pipeline.</param>
public readonly record struct ReplicaKey(string Model, int Replica, long Epoch)
{
    /// <summary>Gives <c>MODEL/REPLICA/EPOCH</c>, which <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Model}/{Replica}/{Epoch}");

    /// <summary>Reads what <see cref="ToString"/> has written; any other text is a fault of the program.</summary>
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
public readonly record struct StageKey(ReplicaKey Replica, int Segment)
{
    /// <summary>Gives <c>MODEL/REPLICA/EPOCH/SEGMENT</c>, which <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Replica}/{Segment}");

    /// <summary>Reads what <see cref="ToString"/> has written; any other text is a fault of the program.</summary>
    public static StageKey Parse(string text)
    {
        int last = text.LastIndexOf('/');
        return new(ReplicaKey.Parse(text[..last]), int.Parse(text.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }
}
