using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Work;

/// <summary>An embedded item on its way to the sink.</summary>
internal readonly record struct PartRow(IndexItem Item, float[] Vector)
{
    public SinkRow Row => new(Item.Id, Vector);
}
