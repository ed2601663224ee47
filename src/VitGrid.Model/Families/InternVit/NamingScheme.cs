namespace VitGrid.Model.Families.InternVit;

/// <summary>Whose tensor names a checkpoint uses.</summary>
internal enum NamingScheme
{
    /// <summary>OpenGVLab's own: <c>encoder.layers.0.attn.qkv.weight</c>.</summary>
    Original,

    /// <summary>timm: <c>blocks.0.attn.qkv.weight</c>.</summary>
    Timm,

    /// <summary>The class built into transformers: <c>encoder.layer.0.attention.q_proj.weight</c>.</summary>
    Transformers,
}
