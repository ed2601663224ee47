using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;
using VitGrid.Runtime.Health;

namespace VitGrid.Indexing.Work;

/// <summary>An embedded item on its way to the sink.</summary>
internal readonly record struct PartRow(IndexItem Item, float[] Vector, VectorOrigin? Origin = null)
{
    /// <summary>What the row holds in place of a vector; null: the vector.</summary>
    public RowFeatures? Features { get; init; }

    /// <summary>What stood beside its image, as a JSON object; null: nothing did.</summary>
    public string? Metadata { get; init; }

    /// <summary>Bytes that a row of the job has at most.</summary>
    public long MaxBytes { get; init; } = Math.Max(1, Vector.Length) * sizeof(float);

    public SinkRow Row => new(Item.Id, Vector) { Uri = Item.Uri, Origin = Origin, Features = Features, Metadata = Metadata };
}
