using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.OpenClip;

/// <summary><c>model_cfg.text_cfg</c>.</summary>
internal static class TextTowerConfig
{
    private const string Norm = "norm_kwargs", Act = "act_kwargs";

    /// <summary>Parts of a tower that are not built, by key; false and null leave them out.</summary>
    private static readonly string[] NotBuilt =
    [
        "hf_model_name", "embed_cls", "ls_init_value", "qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn",
        "scale_fc", "use_pad_mask", "no_ln_final",
    ];

    /// <summary>Reads it.</summary>
    /// <exception cref="Tensors.CheckpointException">It asks for what is not built.</exception>
    public static TextConfig Read(JsonSection file)
    {
        JsonSection model = file.Section("model_cfg")!;
        JsonSection text = model.Section("text_cfg") ?? JsonSection.Empty(file.File, "model_cfg.text_cfg");
        if (model.Has("multimodal_cfg"))
            throw model.Refuse("multimodal_cfg", "a text tower that also writes captions (CoCa) is not built; its images are served");
        if (NotBuilt.FirstOrDefault(key => text.Has(key) && !text.IsFalse(key)) is { } other)
            throw text.Refuse(other, "a text tower with this part is not built; its images are served");
        int width = text.Integer("width") ?? 512;
        TowerConfig tower = new()
        {
            Width = text.Claim("width", text.Integer("width"), width),
            Depth = text.Claim("layers", text.Integer("layers"), 12),
            Heads = text.Claim("heads", text.Integer("heads"), 8),
            MlpWidth = text.Claim("mlp_ratio", text.Number("mlp_ratio") is { } ratio ? (int)(width * ratio) : null, width * 4),
            Epsilon = (float)(Section(text, Norm, "eps")?.Number("eps") ?? 1e-5),
            Function = model.Flag("quick_gelu") is true ? MlpFunction.QuickGelu : ReadFunction(text),
        };
        return new(
            tower,
            text.Claim("vocab_size", text.Integer("vocab_size"), 49_408),
            text.Claim("context_length", text.Integer("context_length"), 77),
            new(text.Flag("no_causal_mask") is not true, ReadPooling(text), text.Integer("eos_id") ?? 2));
    }

    private static MlpFunction ReadFunction(JsonSection text)
    {
        JsonSection? act = Section(text, Act, "approximate");
        return act?.Text("approximate") switch
        {
            null or "none" => MlpFunction.Gelu,
            "tanh" => MlpFunction.TanhGelu,
            _ => throw act.Refuse("approximate", "built are \"tanh\" and \"none\""),
        };
    }

    private static TextPooling ReadPooling(JsonSection text) => text.Text("pool_type") switch
    {
        null or "argmax" => TextPooling.HighestId,
        "eos" => TextPooling.EndToken,
        "last" => TextPooling.Last,
        "first" => TextPooling.First,
        _ => throw text.Refuse("pool_type", "built are \"argmax\", \"eos\", \"last\" and \"first\""),
    };

    /// <summary>A section that may state one key alone.</summary>
    private static JsonSection? Section(JsonSection text, string name, string known)
    {
        JsonSection? section = text.Section(name);
        return section?.Keys.FirstOrDefault(key => key != known) is { } other
            ? throw section.Refuse(other, $"of {name} only \"{known}\" is built")
            : section;
    }
}
