using VitGrid.Model.Encoders;

namespace VitGrid.Server.Verbs.Models;

/// <summary>An encoder's shape in one line.</summary>
internal static class ArchitectureText
{
    /// <summary>E.g. <c>24 blocks × 1024, 16 heads, MLP 4096, patch 14, 448 px, layer_norm</c>.</summary>
    public static string Describe(EncoderArchitecture shape) =>
        $"{shape.Depth} blocks × {shape.Width}, {shape.Heads} heads, MLP {shape.MlpWidth}, patch {shape.PatchSize}, {shape.ImageSize} px, "
        + (shape.Norm == NormKind.LayerNorm ? "layer_norm" : "rms_norm") + (shape.QueryKeyNorm ? ", q/k norm" : "");
}
