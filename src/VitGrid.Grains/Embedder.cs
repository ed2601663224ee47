namespace VitGrid.Grains;

/// <summary>The grid's front door: one picture in, one vector out, through cache, decode pool, batcher and pipeline.</summary>
public sealed class Embedder
{
    /// <summary>Embeds one picture.</summary>
    /// <exception cref="GridException">The request is refused.</exception>
    /// <exception cref="VitGrid.Runtime.Images.ImageException">The picture is refused.</exception>
    public Task<EmbeddingResult> EmbedAsync(EmbeddingRequest request, CancellationToken cancellation) =>
        throw new NotSupportedException($"{request} {cancellation} {this}");
}
