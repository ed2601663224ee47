using VitGrid.Engine.Models;

namespace VitGrid.Server.Api;

/// <summary>What VitGrid says of the models it ships, wherever they are met: in <c>/v1/models</c>, in the log, in the README.</summary>
internal static class BundledModel
{
    /// <summary>The one that a request means which names none, where no others are served.</summary>
    public const string Name = "internvit-nano";

    /// <summary>The one that knows words.</summary>
    public const string Words = "clip-nano";

    public const string Description =
        "A 1.9 M parameter InternViT that ships with VitGrid. Good for near-duplicates and look-alikes, offline (pooling cls, cosine). "
        + "It was never shown photographs and does not know objects: for meaning, serve a real InternViT from disk with "
        + "vitgrid serve --model DIR, DIR being its folder with config.json and *.safetensors.";

    private const string WordsDescription =
        "A 3.1 M parameter CLIP that ships with VitGrid. Good for trying search by words, offline, on clip art and flat drawings. It was "
        + "never shown photographs, knows few nouns, and neither sentences nor places: for real pictures, serve a real CLIP or SigLIP with "
        + "vitgrid serve --model DIR.";

    public static string? Describe(string model) => model switch
    {
        Name => Description,
        Words => WordsDescription,
        _ => null,
    };

    /// <summary>The model that is meant where none is named and all that are served ship with VitGrid; null: not all of them do.</summary>
    public static ModelInfo? DefaultOf(IReadOnlyList<ModelInfo> models) => models.All(model => Describe(model.Name) is not null)
        ? models.FirstOrDefault(model => model.Name == Name) : null;
}
