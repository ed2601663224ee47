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
    string Model, string Revision, string Precision, string Preprocess, int Layer, string Pooling, bool Normalized, int Dimensions);
