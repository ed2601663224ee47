using System.Text.Json;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Reading;

/// <summary>What an index says of its vectors; null is what it does not say.</summary>
public sealed record IndexFacts
{
    /// <summary>The model's name.</summary>
    public string? Model { get; init; }

    /// <summary>Fingerprint of its weights.</summary>
    public string? Revision { get; init; }

    /// <summary>Key of the preprocessing profile.</summary>
    public string? Preprocess { get; init; }

    /// <summary>The layer that was pooled, 0…L.</summary>
    public int? Layer { get; init; }

    /// <summary>Name of the pooling.</summary>
    public string? Pooling { get; init; }

    /// <summary>Numbers in a vector.</summary>
    public int? Dimensions { get; init; }

    /// <summary>Whether all of it is there: false while its job still runs.</summary>
    public bool IsWhole { get; init; } = true;

    internal static IndexFacts From(SinkSchema schema) => new()
    {
        Model = schema.Model,
        Revision = schema.Revision,
        Preprocess = schema.Preprocess,
        Layer = schema.Layer,
        Pooling = schema.Pooling,
        Dimensions = schema.Dimensions,
    };

    /// <summary>Reads what stands in the footer of a Parquet file.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    internal static IndexFacts From(IReadOnlyDictionary<string, string> metadata, string path)
    {
        if (!metadata.TryGetValue("vitgrid.schema", out string? schema))
            return new() { Model = metadata.GetValueOrDefault("vitgrid.model") };
        try
        {
            return From(JsonSerializer.Deserialize<SinkSchema>(schema, SinkJson.OneLine)!);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path}: vitgrid.schema in its footer is damaged ({exception.Message})", exception);
        }
    }
}
