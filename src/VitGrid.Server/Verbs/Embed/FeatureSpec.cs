using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Features;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>What <c>--features</c> says: fields of <c>POST /v1/features</c> as NAME=VALUE with semicolons between.</summary>
internal static class FeatureSpec
{
    private static readonly string[] Names = ["layers", "outputs", "norm", "layout", "dtype", "tiling"];

    /// <summary>Reads the option.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static FeatureFields Parse(string text)
    {
        Dictionary<string, string> fields = [];
        foreach (string field in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] pair = field.Split('=', 2, StringSplitOptions.TrimEntries);
            if (pair.Length != 2 || !Names.Contains(pair[0]) || !fields.TryAdd(pair[0], pair[1]))
                throw new FormatException($"'{field}' is not one of {string.Join(", ", Names.Select(name => name + "=…"))}, each once");
        }
        try
        {
            return FeatureValues.Read(fields.GetValueOrDefault);
        }
        catch (ApiException exception)
        {
            throw new FormatException(exception.Message);
        }
    }

    /// <summary>What is computed of <paramref name="images"/> images.</summary>
    /// <exception cref="VerbException">The model has not what is asked for.</exception>
    public static FeaturePlan Plan(FeatureFields fields, ModelInfo model, int images, FeatureOptions limits, VectorFormat format)
    {
        try
        {
            // A file may be as large as the disk; one image is bounded by what the process may hold.
            _ = FeaturePlan.Make(fields, model, images: 1, limits);
            FeatureOptions file = limits with { MaxBytes = long.MaxValue, WindowBytes = long.MaxValue };
            FeaturePlan plan = FeaturePlan.Make(fields, model, images, file);
            return format != VectorFormat.Npy || (plan.Tensors.Count == 1 && plan.Tiling is null) ? plan : throw new VerbException(
                "--output: 'npy' is one array; name one layer and one of outputs without tiling, or use safetensors");
        }
        catch (ApiException exception)
        {
            throw new VerbException($"--features: {exception.Message}");
        }
    }
}
