using VitGrid.Engine.Errors;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>Whether the model a request names can do what its fields ask for.</summary>
internal static class FieldChecks
{
    /// <exception cref="ApiException">It cannot; the message says what it can.</exception>
    public static void Check(EmbeddingFields fields, ModelInfo model)
    {
        CheckDimensions(fields, model);
        CheckLayer(fields, model);
        CheckProfile(fields, model);
    }

    private static void CheckDimensions(EmbeddingFields fields, ModelInfo model)
    {
        int own = fields.Pooling == Pooling.ClsMean ? 2 * model.Dimensions : model.Dimensions;
        if (fields.Dimensions is { } asked && asked != own)
        {
            throw new ApiException(ApiCode.DimensionsNotSupported,
                $"dimensions is {asked}; vectors of model '{model.Name}' have {own} and lose their meaning when cut: leave dimensions out "
                    + $"or send {own}",
                "dimensions");
        }
    }

    private static void CheckLayer(EmbeddingFields fields, ModelInfo model)
    {
        int depth = model.Architecture.Depth;
        if (fields.Layer < -(depth + 1) || fields.Layer > depth)
            throw new ApiException(ApiCode.InvalidRequest, RefusalText.NoSuchLayer(model, fields.Layer), "layer");
    }

    private static void CheckProfile(EmbeddingFields fields, ModelInfo model)
    {
        if (fields.Preprocess is null)
            return;
        try
        {
            _ = PreprocessProfile.Resolve(fields.Preprocess, model.Preprocessing);
        }
        catch (ArgumentException exception)
        {
            throw new ApiException(ApiCode.InvalidRequest, WithoutParameter(exception), "preprocess");
        }
    }

    /// <summary>The runtime appends the C# parameter's name, which means nothing to a client.</summary>
    private static string WithoutParameter(ArgumentException fault) => fault.ParamName is null
        ? fault.Message
        : fault.Message.Replace($" (Parameter '{fault.ParamName}')", "", StringComparison.Ordinal);
}
