namespace VitGrid.Indexing.Sinks;

/// <summary>Tells schemas apart.</summary>
internal static class SinkSchemas
{
    /// <summary>What differs, e.g. <c>model a, not b; dimensions 1024, not 2048</c>; null: nothing.</summary>
    public static string? Difference(SinkSchema stored, SinkSchema asked)
    {
        (string Name, object Stored, object Asked)[] fields =
        [
            ("model", stored.Model, asked.Model),
            ("revision", stored.Revision, asked.Revision),
            ("precision", stored.Precision, asked.Precision),
            ("preprocess", stored.Preprocess, asked.Preprocess),
            ("layer", stored.Layer, asked.Layer),
            ("pooling", stored.Pooling, asked.Pooling),
            ("normalized", stored.Normalized, asked.Normalized),
            ("dimensions", stored.Dimensions, asked.Dimensions),
            ("features", stored.Features?.Request ?? "none", asked.Features?.Request ?? "none"),
            ("metadata", stored.Metadata ? "kept" : "none", asked.Metadata ? "kept" : "none"),
        ];
        string[] different =
        [
            .. fields.Where(field => !field.Stored.Equals(field.Asked))
                .Select(field => string.Create(CultureInfo.InvariantCulture, $"{field.Name} {field.Stored}, not {field.Asked}")),
        ];
        return different is [] ? null : string.Join("; ", different);
    }

    /// <summary>Refuses to mix vectors of two schemas in <paramref name="target"/>.</summary>
    /// <exception cref="SinkException">They differ.</exception>
    public static void Demand(string target, SinkSchema stored, SinkSchema asked)
    {
        if (Difference(stored, asked) is { } difference)
            throw new SinkException(
                SinkFault.Refused, $"{target} holds vectors with {difference} as this job asks; use another target, or the settings it was "
                    + $"made with");
    }
}
