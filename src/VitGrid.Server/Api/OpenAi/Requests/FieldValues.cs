using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Requests;

/// <summary>The values of a request's fields; the same names in JSON, in a query and in a form.</summary>
internal static class FieldValues
{
    private const int MaxTimeout = 3_600_000;

    /// <summary>Reads the fields from <paramref name="text"/>, which answers null for a field that is absent.</summary>
    /// <exception cref="ApiException">A value is not one the field takes.</exception>
    public static EmbeddingFields Read(Func<string, string?> text)
    {
        FieldText fields = new(text);
        return new()
        {
            Model = text("model"),
            Encoding = EncodingOf(fields, text),
            Dimensions = fields.Integer("dimensions", 1, int.MaxValue),
            Pooling = fields.Choice("pooling", ("cls", Pooling.Cls), ("mean", Pooling.Mean), ("cls+mean", Pooling.ClsMean)),
            Layer = fields.Integer("layer", int.MinValue, int.MaxValue) ?? -1,
            Normalize = fields.Choice("normalize", ("true", true), ("false", false), ("1", true), ("0", false)),
            Type = fields.Choice("embedding_type",
                ("float", EmbeddingType.Float), ("float16", EmbeddingType.Float16), ("int8", EmbeddingType.Int8),
                ("uint8", EmbeddingType.UInt8), ("binary", EmbeddingType.Binary), ("ubinary", EmbeddingType.UBinary),
                ("base64", EmbeddingType.Float)),
            Lane = fields.Choice("priority", ("interactive", Lane.Interactive), ("bulk", Lane.Bulk)),
            Timeout = fields.Integer("timeout_ms", 1, MaxTimeout) is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
            Cache = fields.Choice("cache", ("use", CacheUse.Use), ("bypass", CacheUse.Bypass), ("refresh", CacheUse.Refresh)),
            Preprocess = text("preprocess"),
            Exif = text("exif") is null
                ? null
                : fields.Choice("exif", ("ignore", ExifOrientation.Ignore), ("apply", ExifOrientation.Apply)),
            Partial = fields.Choice("on_error", ("fail", false), ("partial", true)),
        };
    }

    /// <summary>Jina says with the type what OpenAI says with the format: <c>base64</c>.</summary>
    private static EncodingFormat EncodingOf(FieldText fields, Func<string, string?> text)
    {
        EncodingFormat asked = fields.Choice("encoding_format", ("float", EncodingFormat.Float), ("base64", EncodingFormat.Base64));
        if (text("embedding_type") != "base64")
            return asked;
        return asked == EncodingFormat.Base64 || text("encoding_format") is null ? EncodingFormat.Base64 : throw new ApiException(
            ApiCode.InvalidRequest, "encoding_format is 'float' and embedding_type is 'base64'; send one of them", "embedding_type");
    }
}
