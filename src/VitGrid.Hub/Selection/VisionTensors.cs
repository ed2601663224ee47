namespace VitGrid.Hub.Selection;

/// <summary>Tells tensors of a chat model's image side by their names.</summary>
internal static class VisionTensors
{
    private static readonly string[] Parts =
    [
        "vision_model", "vision_tower", "vision_encoder", "vision_backbone", "visual", "vit", "vpm", "image_encoder", "image_newline",
        "vit_large_projector", "mlp1", "multi_modal_projector", "mm_projector", "projector", "connector", "aligner", "embed_vision",
        "vision_embed", "vision_projection", "vision_adapter", "patch_merger",
    ];

    /// <summary>Whether a tensor belongs to the encoder or to what makes language tokens of its patches.</summary>
    public static bool Contains(string name) => name.Split('.').Any(part => Parts.Contains(part, StringComparer.Ordinal));
}
