using VitGrid.Model.Checkpoints;

namespace VitGrid.Server.Verbs.Models;

/// <summary>The grid of a position embedding in one line.</summary>
internal static class PositionText
{
    /// <summary>E.g. <c>32 × 32 patches, as stored</c>, or <c>16 × 16 patches, resampled to 32 × 32</c>.</summary>
    public static string Describe(Checkpoint checkpoint)
    {
        int stored = checkpoint.Architecture.ImageSize / checkpoint.Architecture.PatchSize;
        int used = checkpoint.Preprocessing.Size / checkpoint.Architecture.PatchSize;
        return $"{stored} × {stored} patches, " + (stored == used ? "as stored" : $"resampled to {used} × {used}");
    }
}
