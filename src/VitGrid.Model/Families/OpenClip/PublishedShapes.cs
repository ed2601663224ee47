using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.OpenClip;

/// <summary>None: random checkpoints of CLIP's shapes are written under transformers' names.</summary>
internal static class PublishedShapes
{
    /// <summary>No shape.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } = new Dictionary<string, EncoderArchitecture>();
}
