using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;
using VitGrid.Runtime.Health;

namespace VitGrid.Indexing.Work;

/// <summary>An embedded item on its way to the sink.</summary>
internal readonly record struct PartRow(IndexItem Item, float[] Vector, VectorOrigin? Origin = null)
{
    public SinkRow Row => new(Item.Id, Vector) { Uri = Item.Uri, Origin = Origin };
}
