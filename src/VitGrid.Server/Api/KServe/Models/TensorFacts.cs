using VitGrid.Engine.Features;
using VitGrid.Engine.Models;

namespace VitGrid.Server.Api.KServe.Models;

/// <summary>A tensor of a model as its metadata tells it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">KServe's name of its elements.</param>
/// <param name="Shape">Its dimensions; the first, −1, is the batch.</param>
internal sealed record TensorFacts(string Name, string Datatype, IReadOnlyList<long> Shape)
{
    /// <summary>Encoded images.</summary>
    public const string Image = "image";

    /// <summary>Images as an encoder takes them: normalised planes.</summary>
    public const string PixelValues = "pixel_values";

    /// <summary>Pooled vectors.</summary>
    public const string Embedding = "embedding";

    /// <summary>All tokens after the last block and the norm that follows it.</summary>
    public const string LastHiddenState = "last_hidden_state";

    /// <summary>What a model takes: one of them.</summary>
    public static IReadOnlyList<TensorFacts> InputsOf(ModelInfo model) =>
    [
        new(Image, TensorType.Bytes, [-1, 1]),
        new(PixelValues, TensorType.Single, [-1, 3, model.InputSize.Height, model.InputSize.Width]),
    ];

    /// <summary>What a model gives.</summary>
    public static IReadOnlyList<TensorFacts> OutputsOf(ModelInfo model)
    {
        FeatureShape shape = model.FeatureShape;
        return
        [
            new(Embedding, TensorType.Single, [-1, model.Dimensions]),
            new(LastHiddenState, TensorType.Single, [-1, shape.Tokens, shape.Width]),
        ];
    }
}

/// <summary>KServe's names of element types.</summary>
internal static class TensorType
{
    public const string Bytes = "BYTES";
    public const string Single = "FP32";
    public const string Half = "FP16";

    /// <summary>The name that a model's configuration has for it.</summary>
    public static string InConfiguration(string datatype) => datatype == Bytes ? "TYPE_STRING" : $"TYPE_{datatype}";
}
