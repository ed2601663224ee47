using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>What <c>--features</c> of <c>vitgrid embed</c> comes to.</summary>
internal static class FeatureOption
{
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
        catch (GridException exception)
        {
            throw new VerbException($"--features: {exception.Message}");
        }
    }
}
