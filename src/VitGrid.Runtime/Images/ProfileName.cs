using VitGrid.Model.Encoders;

namespace VitGrid.Runtime.Images;

/// <summary>A profile's name taken apart: <c>crop</c>, <c>squash@torchvision</c>, <c>timm+fast</c>.</summary>
/// <param name="Mode">The pipeline.</param>
/// <param name="PassOrder">Order of the resize passes.</param>
/// <param name="Library">Whose bytes.</param>
/// <param name="FastDecode">Whether the decode may be inexact.</param>
internal readonly record struct ProfileName(
    ResizeMode Mode, PassOrder PassOrder = PassOrder.Horizontal, ResizeLibrary Library = ResizeLibrary.Pillow, bool FastDecode = false)
{
    public const string Pillow13Suffix = "@pillow13";
    public const string TorchvisionSuffix = "@torchvision";

    private const string FastSuffix = "+fast";

    /// <summary>Characters of an unknown name that a message shows.</summary>
    private const int MaxShown = 48;

    // Written once: what is not here is no name. timm and OpenCLIP take Pillow, whatever else is installed.
    private static readonly Dictionary<string, ProfileName> Known = ((ProfileName[])
    [
        new(ResizeMode.Crop), new(ResizeMode.Squash), new(ResizeMode.Timm), new(ResizeMode.Border),
        new(ResizeMode.Crop, PassOrder.Pillow13), new(ResizeMode.Squash, PassOrder.Pillow13),
        new(ResizeMode.Crop, Library: ResizeLibrary.Torchvision), new(ResizeMode.Squash, Library: ResizeLibrary.Torchvision),
    ]).ToDictionary(name => name.ToString(), StringComparer.Ordinal);

    /// <summary>Reads a name.</summary>
    /// <exception cref="ArgumentException">There is none such; the message lists the known ones.</exception>
    public static ProfileName Parse(string name)
    {
        bool fast = name.EndsWith(FastSuffix, StringComparison.Ordinal);
        return Known.TryGetValue(fast ? name[..^FastSuffix.Length] : name, out ProfileName known)
            ? known with { FastDecode = fast }
            : throw new ArgumentException(
                $"preprocess profile '{(name.Length > MaxShown ? name[..MaxShown] + "…" : name)}' is unknown; "
                + "use crop, squash, timm, crop@pillow13 or squash@pillow13, or border, crop@torchvision or squash@torchvision, "
                + $"and {FastSuffix} behind it for a faster decode that is not exact", nameof(name));
    }

    /// <summary>The name.</summary>
    public override string ToString() =>
        ModeName
        + (PassOrder == PassOrder.Pillow13 ? Pillow13Suffix : "")
        + (Library == ResizeLibrary.Torchvision ? TorchvisionSuffix : "")
        + (FastDecode ? FastSuffix : "");

    private string ModeName => Mode switch
    {
        ResizeMode.Crop => "crop",
        ResizeMode.Squash => "squash",
        ResizeMode.Border => "border",
        _ => "timm",
    };
}
