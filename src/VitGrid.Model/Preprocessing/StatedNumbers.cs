using System.Collections.Immutable;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Preprocessing;

/// <summary>What all three kinds of files state in the same way.</summary>
internal static class StatedNumbers
{
    /// <summary>Largest side of an input or of what it is cut from, in pixels.</summary>
    public const int MaxSide = 8192;

    private static readonly Dictionary<string, Interpolation> Kernels = new(StringComparer.Ordinal)
    {
        ["bicubic"] = Interpolation.Bicubic,
        ["bilinear"] = Interpolation.Bilinear,
    };

    /// <summary>The kernel's name under <paramref name="key"/>.</summary>
    public static Interpolation Kernel(JsonSection file, string key, Interpolation fallback) =>
        file.Text(key) is not { } name
            ? fallback
            : Kernels.TryGetValue(name, out Interpolation kernel)
                ? kernel
                : throw file.Refuse(key, "only \"bicubic\" and \"bilinear\" are served");

    /// <summary>Deviations, which are divided by.</summary>
    public static ImmutableArray<float> Deviations(JsonSection file, string key, ImmutableArray<float> fallback)
    {
        ImmutableArray<float> deviation = file.Channels(key) ?? fallback;
        return deviation.All(value => value > 0) ? deviation : throw file.Refuse(key, "expected numbers above 0");
    }

    /// <summary>A side in pixels.</summary>
    public static int Side(JsonSection file, string key, int side) => side is > 0 and <= MaxSide
        ? side
        : throw file.Refuse(key, $"expected pixels, 1 to {MaxSide}");
}
