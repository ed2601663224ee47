using VitGrid.Model.Checkpoints;

namespace VitGrid.Server.Verbs.Models;

/// <summary>Looks for weights that are not numbers.</summary>
internal static class WeightScan
{
    /// <summary>Names of the stored tensors in which the encoder uses an infinity or NaN. Reads every weight once.</summary>
    public static IEnumerable<string> NotFinite(Checkpoint checkpoint, CancellationToken cancellationToken) =>
        checkpoint.WeightSlices
            .Where(slice =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                return !Array.TrueForAll(checkpoint.ReadFloats(slice), float.IsFinite);
            })
            .Select(slice => slice.Tensor.Name)
            .Distinct();
}
