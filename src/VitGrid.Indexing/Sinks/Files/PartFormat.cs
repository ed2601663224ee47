using VitGrid.Engine.Features;
using VitGrid.Indexing.Formats;

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>Writes rows into an empty file, from its beginning to its end.</summary>
internal delegate Task WriteRows(Stream file, SinkSchema schema, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken);

/// <summary>One file of a part.</summary>
/// <param name="Extension">How its name ends.</param>
/// <param name="Write">Writes it.</param>
internal sealed record PartFile(string Extension, WriteRows Write);

/// <summary>How a part becomes files.</summary>
/// <param name="Sink">The sink's scheme.</param>
/// <param name="Numbers">How numbers are stored; part of what is compared on resume.</param>
/// <param name="Files">In the order in which they get their names; the last one's makes the part visible, the others mean nothing without
/// it.</param>
internal sealed record PartFormat(string Sink, NumberFormat Numbers, ImmutableArray<PartFile> Files)
{
    /// <summary>The file whose name makes a part visible.</summary>
    public PartFile Last => Files[^1];

    /// <summary>What speaks against storing such features; null: nothing does.</summary>
    public Func<FeatureType, int, bool, string?> FeatureObjection { get; init; } =
        (_, _, _) => "it holds vectors; features are stored by safetensors:DIR, or npy:DIR where they are one tensor";
}
