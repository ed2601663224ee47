using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>An image of a line: where the queue finds it, or why there is none.</summary>
/// <param name="Uri">Its place; null where there is none.</param>
/// <param name="Fault">Why there is none.</param>
/// <param name="Param">Where it stood in the line's body.</param>
internal readonly record struct BatchImage(string? Uri, ApiError? Fault, string Param)
{
    /// <summary>
    /// Its EXIF orientation, where that is ignored without a wish; 1 where there is none or the image is not in the line.
    /// </summary>
    public int IgnoredOrientation { get; init; } = 1;

    /// <summary>The text, where it is one, as it is embedded; null: it is an image.</summary>
    public string? Text { get; init; }
}

/// <summary>The fields that all lines of a batch have in common.</summary>
internal sealed record BatchCommons(
    string? Model, Pooling? Pooling, int Layer, bool Normalize, string? Preprocess, ExifOrientation? Exif, int? Dimensions);

/// <summary>A line of a batch: a request, or what is wrong with it.</summary>
internal sealed record BatchLine(int Number)
{
    /// <summary>The client's name for it; null where it could not be read.</summary>
    public string? CustomId { get; init; }

    /// <summary>Its fields; null where it is refused.</summary>
    public EmbeddingFields? Fields { get; init; }

    /// <summary>Its images, none where it is refused.</summary>
    public IReadOnlyList<BatchImage> Images { get; init; } = [];

    /// <summary>What it says that is not read.</summary>
    public RequestNotes Notes { get; init; } = new();

    /// <summary>Why it is refused; null where it is not.</summary>
    public ApiError? Fault { get; init; }

    /// <summary>An earlier line has the same <see cref="CustomId"/>.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>What all lines of a batch must have in common, since a batch is one job.</summary>
    public static BatchCommons Common(EmbeddingFields fields) =>
        new(fields.Model, fields.Pooling, fields.Layer, fields.Normalize, fields.Preprocess, fields.Exif, fields.Dimensions);
}
