using VitGrid.Model.Checkpoints;

namespace VitGrid.Model.Segments;

/// <summary>
/// The deepest folder that holds every weight file. ONNX Runtime only follows external data below the folder it is told, and
/// a hub cache's shards are links into a folder of blobs.
/// </summary>
internal static class WeightFolder
{
    public static string Of(EncoderWeights weights)
    {
        string[] folders = [.. Files(weights).Distinct().Select(file => Path.GetDirectoryName(Path.GetFullPath(file))!)];
        return folders.Aggregate(Common);
    }

    private static IEnumerable<string> Files(EncoderWeights weights) =>
        weights.Blocks.SelectMany(block => new[] { block.Query, block.Projection, block.Fc1, block.Fc2 })
            .Append(weights.PatchEmbedding)
            .SelectMany(linear => new[] { linear.Weight, linear.Bias })
            .Concat(weights.Blocks.SelectMany(Others))
            .Append(weights.ClassToken)
            .Append(weights.PositionEmbedding)
            .OfType<WeightSlice>()
            .Select(slice => slice.Tensor.File);

    private static IEnumerable<WeightSlice?> Others(BlockWeights block) =>
        [
            block.Key.Weight, block.Key.Bias, block.Value.Weight, block.Value.Bias, block.LayerScale1, block.LayerScale2,
            block.Norm1.Weight, block.Norm1.Bias, block.Norm2.Weight, block.Norm2.Bias, block.QueryNorm?.Weight, block.KeyNorm?.Weight,
        ];

    private static string Common(string left, string right)
    {
        while (!IsBelow(right, left))
            left = Path.GetDirectoryName(left)!;
        return left;
    }

    private static bool IsBelow(string path, string folder) =>
        path == folder || path.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
