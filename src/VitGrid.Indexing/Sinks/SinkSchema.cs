using System.Text.Json.Serialization;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Features;

namespace VitGrid.Indexing.Sinks;

/// <summary>What all vectors of a sink have in common: stored once, compared whenever the sink is opened.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Revision">Fingerprint of its weights.</param>
/// <param name="Precision">The arithmetic it was computed in.</param>
/// <param name="Preprocess">Key of the preprocessing profile.</param>
/// <param name="Layer">The layer that was pooled, 0…L.</param>
/// <param name="Pooling"><c>cls</c>, <c>mean</c> or <c>cls+mean</c>.</param>
/// <param name="Normalized">Whether vectors have length one.</param>
/// <param name="Dimensions">Numbers in a vector.</param>
internal sealed record SinkSchema(
    string Model, string Revision, string Precision, string Preprocess, int Layer, string Pooling, bool Normalized, int Dimensions)
{
    /// <summary>
    /// What is stored instead of vectors; null: vectors are. Layer, pooling, normalisation and dimensions say nothing then.
    /// </summary>
    public FeatureSchema? Features { get; init; }

    /// <summary>Whether what stood beside images is stored beside their rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Metadata { get; init; }
}

/// <summary>The features that each row of a sink holds. Equal where the same is asked for.</summary>
/// <param name="Request">What is asked for, in one line, with the names and values of <c>POST /v1/features</c>; layers from 0.</param>
/// <param name="Tensors">The tensors of one row, in the order in which they lie in it.</param>
internal sealed record FeatureSchema(string Request, ImmutableArray<StoredTensor> Tensors)
{
    /// <summary>Whether rows differ in length: images are cut into as many tiles as they need.</summary>
    [JsonIgnore]
    public bool IsTiled { get; init; }

    /// <summary>Element type.</summary>
    [JsonIgnore]
    public FeatureType Type { get; init; }

    /// <summary>What rows of a job hold.</summary>
    public static FeatureSchema From(FeatureFields fields, FeaturePlan plan) => new(
        FeatureText.Write(fields with { Layers = plan.Order.Layers }),
        [.. plan.Tensors.Select(tensor => new StoredTensor(tensor.Name, tensor.Shape, tensor.Block, tensor.Offset, tensor.Bytes))])
    {
        IsTiled = plan.Tiling is not null,
        Type = plan.Order.Type,
    };

    /// <inheritdoc/>
    public bool Equals(FeatureSchema? other) => other?.Request == Request;

    /// <inheritdoc/>
    public override int GetHashCode() => Request.GetHashCode(StringComparison.Ordinal);
}

/// <summary>A tensor of each row.</summary>
/// <param name="Name">Its name, as files have it.</param>
/// <param name="Shape">Its dimensions; of a tiled image those of each tile.</param>
/// <param name="Block">The block of a row's features that it lies in.</param>
/// <param name="Offset">Bytes before it there.</param>
/// <param name="Bytes">Its bytes.</param>
internal sealed record StoredTensor(string Name, ImmutableArray<long> Shape, int Block, long Offset, long Bytes);
