using VitGrid.Model.Configs;
using VitGrid.Model.Families;
using VitGrid.Model.Families.Aimv2;
using VitGrid.Model.Families.Beit;
using VitGrid.Model.Families.Clip;
using VitGrid.Model.Families.Dinov2;
using VitGrid.Model.Families.Dinov3;
using VitGrid.Model.Families.Eva02;
using VitGrid.Model.Families.InternVit;
using VitGrid.Model.Families.OpenClip;
using VitGrid.Model.Families.PerceptionEncoder;
using VitGrid.Model.Families.SigLip;
using VitGrid.Model.Families.Vit;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Checkpoints;

/// <summary>The families that checkpoints are read of: a new one is a folder below <c>Families</c> and a line here.</summary>
internal static class EncoderFamilies
{
    /// <summary>All families, in the order in which they are asked. InternViT claims every config of timm and so stands last.</summary>
    public static IReadOnlyList<EncoderFamily> All { get; } =
    [
        new Dinov2Family(),
        new ClipFamily(),
        new OpenClipFamily(),
        new SigLipFamily(),
        new VitFamily(),
        new Dinov3Family(),
        new BeitFamily(),
        new Eva02Family(),
        new PerceptionEncoderFamily(),
        new Aimv2Family(),
        new InternVitFamily(),
    ];

    /// <summary>Tells which of <paramref name="tensors"/> any of <paramref name="families"/> needs.</summary>
    public static Func<string, bool> EncoderAmong(IReadOnlyList<EncoderFamily> families, IReadOnlyCollection<string> tensors)
    {
        Func<string, bool>[] needed = [.. families.Select(family => family.EncoderAmong(tensors))];
        return name => needed.Any(isNeeded => isNeeded(name));
    }

    /// <summary>Returns the family that claims a checkpoint.</summary>
    /// <exception cref="CheckpointException">None does, or the config is malformed.</exception>
    public static EncoderFamily Choose(IReadOnlyList<EncoderFamily> families, JsonSection config, IReadOnlySet<string> tensors) =>
        families.FirstOrDefault(family => family.Claims(config, tensors))
            ?? throw (config.Section("vision_config") ?? config).Refuse(
                "model_type",
                $"known are {string.Join("; ", families.Select(family => family.KnownConfigs))}: " +
                "this is another model, or its config lacks the key");
}
