using Microsoft.Extensions.AI;

namespace VitGrid.Client;

/// <summary>Makes embedding generators of Microsoft.Extensions.AI from a client, one for images and one for texts.</summary>
public static class EmbeddingGeneratorExtensions
{
    /// <summary>
    /// A generator of images' vectors. Further fields of a request are named by the options' additional properties (<c>pooling</c>,
    /// <c>layer</c>, …), which caches put into their keys, or by their <c>RawRepresentationFactory</c>, which makes an
    /// <see cref="EmbeddingsRequest"/> and which caches know nothing of.
    /// </summary>
    /// <param name="client">The client; it is not disposed of with the generator.</param>
    /// <param name="model">The model of requests that name none; null: the client's.</param>
    /// <param name="dimensions">Numbers of that model's vectors, for the generator's metadata; null: unknown.</param>
    public static IEmbeddingGenerator<DataContent, Embedding<float>> AsImageEmbeddingGenerator(
        this VitGridClient client, string? model = null, int? dimensions = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new EmbeddingGenerator<DataContent>(client, model, dimensions, Image);
    }

    /// <summary>A generator of texts' vectors, of a model that has a text tower; options as those of images.</summary>
    /// <param name="client">The client; it is not disposed of with the generator.</param>
    /// <param name="model">The model of requests that name none; null: the client's.</param>
    /// <param name="dimensions">Numbers of that model's vectors, for the generator's metadata; null: unknown.</param>
    public static IEmbeddingGenerator<string, Embedding<float>> AsTextEmbeddingGenerator(
        this VitGridClient client, string? model = null, int? dimensions = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new EmbeddingGenerator<string>(client, model, dimensions, EmbeddingInput.FromText);
    }

    private static EmbeddingInput Image(DataContent content) =>
        content.HasTopLevelMediaType("image") || content.MediaType == "application/octet-stream"
            ? EmbeddingInput.FromImage(content.Data)
            : throw new ArgumentException(
                $"the content is of type '{content.MediaType}', and this generator embeds images; give image/… or "
                    + "application/octet-stream, and texts to the generator of texts",
                nameof(content));
}
