namespace VitGrid.Server.Api;

/// <summary>What VitGrid says of the model it ships, wherever it is met: in <c>/v1/models</c>, in the log, in the README.</summary>
internal static class BundledModel
{
    public const string Name = "internvit-nano";

    public const string Description =
        "A 1.9 M parameter InternViT that ships with VitGrid. Good for near-duplicates and look-alikes, offline (pooling cls, cosine). "
        + "It was never shown photographs and does not know objects: for meaning, serve a real InternViT from disk with "
        + "vitgrid serve --model DIR, DIR being its folder with config.json and *.safetensors.";

    public static string? Describe(string model) => model == Name ? Description : null;
}
