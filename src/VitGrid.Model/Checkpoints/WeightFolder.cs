using VitGrid.Model.Encoders;

namespace VitGrid.Model.Checkpoints;

/// <summary>
/// The deepest folder that holds every weight file. ONNX Runtime only follows external data below the folder it is told, and
/// a hub cache's shards are links into a folder of blobs.
/// </summary>
internal static class WeightFolder
{
    public static string From(EncoderWeights weights, VisualProjector? projector = null) => WeightRoles.Enumerate(weights)
        .Select(role => role.Slice)
        .Concat(projector is null ? [] : [projector.Norm.Weight, projector.First.Weight, projector.Second.Weight])
        .Select(slice => Path.GetDirectoryName(slice.Tensor.File)!)
        .Distinct()
        .Aggregate(Common);

    private static string Common(string left, string right)
    {
        while (!IsBelow(right, left))
            left = Path.GetDirectoryName(left)!;
        return left;
    }

    private static bool IsBelow(string path, string folder) =>
        path == folder
        || path.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
