namespace VitGrid.Model.Families.InternVit;

/// <summary>Whose class wrote a checkpoint's config: it decides defaults, the position kernel and the usual preprocessing.</summary>
internal enum ConfigSource
{
    /// <summary>OpenGVLab's remote code, <c>intern_vit_6b</c>.</summary>
    Original,

    /// <summary>The classes built into transformers, <c>internvl_vision</c> and <c>interns1_vision</c>.</summary>
    Transformers,

    /// <summary>timm.</summary>
    Timm,
}
