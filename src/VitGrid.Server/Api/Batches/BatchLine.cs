using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Batches;

/// <summary>An image of a line: where the queue finds it, or why there is none.</summary>
internal readonly record struct BatchImage(string? Uri, ApiError? Fault);

/// <summary>A line of a batch: a request, or what is wrong with it.</summary>
internal sealed record BatchLine(int Number)
{
    /// <summary>The client's name for it; null where it could not be read.</summary>
    public string? CustomId { get; init; }

    /// <summary>Its fields; null where it is refused.</summary>
    public EmbeddingFields? Fields { get; init; }

    /// <summary>Its images, none where it is refused.</summary>
    public IReadOnlyList<BatchImage> Images { get; init; } = [];

    /// <summary>Why it is refused; null where it is not.</summary>
    public ApiError? Fault { get; init; }

    /// <summary>An earlier line has the same <see cref="CustomId"/>.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>What all lines of a batch must have in common, since a batch is one job.</summary>
    public static (string? Model, Pooling Pooling, int Layer, bool Normalize, string? Preprocess, int? Dimensions) Common(EmbeddingFields fields) =>
        (fields.Model, fields.Pooling, fields.Layer, fields.Normalize, fields.Preprocess, fields.Dimensions);
}
