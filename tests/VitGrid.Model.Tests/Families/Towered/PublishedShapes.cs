using VitGrid.Model.Encoders;

namespace VitGrid.Model.Tests.Families.Towered;

/// <summary>The one shape of the family.</summary>
internal static class PublishedShapes
{
    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } = new Dictionary<string, EncoderArchitecture>
    {
        ["towered-tiny"] = Registers.PublishedShapes.Tiny with { FinalNorm = true, Poolings = Encoder.Poolings },
    };
}
