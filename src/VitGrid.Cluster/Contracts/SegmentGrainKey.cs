using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Contracts;

/// <summary>
/// The key of a segment grain: the stage and the silo that the planner gave it to. Whoever has the key knows where it lives.
/// </summary>
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
