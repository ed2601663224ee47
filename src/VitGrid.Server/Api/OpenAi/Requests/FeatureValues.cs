using System.Globalization;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Features;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Requests;

/// <summary>The values of the fields that only <c>POST /v1/features</c> has; lists are written with commas between.</summary>
internal static class FeatureValues
{
    private const int MaxLayers = 1_000;
    private const string Visual = "visual_tokens";

    /// <summary>Reads the fields from <paramref name="text"/>, which answers null for a field that is absent.</summary>
    /// <exception cref="ApiException">A value is not one the field takes.</exception>
    public static FeatureFields Read(Func<string, string?> text)
    {
        FieldText fields = new(text);
        FeatureFields standard = new();
        return new()
        {
            Layers = text("layers") is { } layers ? LayersOf(layers) : standard.Layers,
            Parts = text("outputs") is { } outputs ? PartsOf(outputs) : standard.Parts,
            VisualTokens = text("outputs") is { } named && named.Split(',', StringSplitOptions.TrimEntries).Contains(Visual),
            Tiling = text("tiling") is { } tiling ? TilingOf(tiling) : null,
            Norm = fields.Choice("norm", ("last", FeatureNorm.Last), ("all", FeatureNorm.All), ("none", FeatureNorm.None)),
            Layout = fields.Choice("layout",
                ("NLC", FeatureLayout.Nlc), ("NCHW", FeatureLayout.Nchw), ("nlc", FeatureLayout.Nlc), ("nchw", FeatureLayout.Nchw)),
            Type = fields.Choice("dtype",
                ("fp32", FeatureType.Float32), ("fp16", FeatureType.Float16), ("bf16", FeatureType.BFloat16),
                ("float32", FeatureType.Float32), ("float16", FeatureType.Float16), ("bfloat16", FeatureType.BFloat16)),
            Format = text("format") is null ? null : fields.Choice("format",
                ("safetensors", FeatureFormat.Safetensors), ("npy", FeatureFormat.Npy), ("multipart", FeatureFormat.Multipart)),
        };
    }

    private static int[]? LayersOf(string text)
    {
        if (text == "all")
            return null;
        string[] parts = text.Split(',');
        if (parts.Length > MaxLayers)
            throw Refused("layers", $"layers names {parts.Length} layers; it takes at most {MaxLayers}");
        return Array.ConvertAll(parts, part =>
            int.TryParse(part, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                CultureInfo.InvariantCulture, out int layer)
                ? layer
                : throw Refused("layers", $"layers has '{Quote.Short(part)}' in it; it takes whole numbers such as [4, -1], or \"all\""));
    }

    private static FeatureParts PartsOf(string text)
    {
        FeatureParts parts = FeatureParts.None;
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            parts |= part switch
            {
                "cls" => FeatureParts.Cls,
                "registers" => FeatureParts.Registers,
                "patches" => FeatureParts.Patches,
                Visual => FeatureParts.None,
                _ => throw Refused("outputs", $"outputs has '{Quote.Short(part)}' in it; it takes some of cls, registers, patches, "
                    + "visual_tokens (default patches)"),
            };
        }
        return parts;
    }

    private static ImageTiling TilingOf(string text)
    {
        try
        {
            return ImageTiling.Parse(text);
        }
        catch (ArgumentException exception)
        {
            throw Refused("tiling", FieldChecks.WithoutParameter(exception));
        }
    }

    private static ApiException Refused(string field, string message) => new(ApiCode.InvalidRequest, message, field);
}
