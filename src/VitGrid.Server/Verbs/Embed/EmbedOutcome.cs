using VitGrid.Engine.Features;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>What became of one image: a vector, or the reason why there is none.</summary>
/// <param name="File">The image's name in the output.</param>
/// <param name="Index">Its place among all images of the run, from 0.</param>
/// <param name="Vector">The vector as the output shall hold it; null when it failed.</param>
/// <param name="Error">The reason; null when it did not fail.</param>
internal sealed record EmbedOutcome(string File, int Index, float[]? Vector, ItemError? Error)
{
    /// <summary>Whether it is a text, which <see cref="File"/> holds.</summary>
    public bool IsText { get; init; }

    /// <summary>See <see cref="Engine.Requests.EmbeddingResult.IgnoredOrientation"/>.</summary>
    public int IgnoredOrientation { get; init; } = 1;

    /// <summary>The features that were asked for instead of the vector; the sink's to dispose.</summary>
    public FeatureSet? Features { get; init; }

    /// <summary>Encoder inputs that the image became: one, or its tiles.</summary>
    public int Inputs { get; init; } = 1;
}

/// <summary>A failed item as programs read it.</summary>
internal sealed record ItemError(string Code, string Message);

/// <summary>Receives outcomes in input order. Disposed before <see cref="CompleteAsync"/>, it leaves no file behind.</summary>
internal interface IOutcomeSink : IDisposable
{
    ValueTask WriteAsync(EmbedOutcome outcome, CancellationToken cancellationToken);

    ValueTask CompleteAsync(CancellationToken cancellationToken);
}
