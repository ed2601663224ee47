using System.Text.Json;
using VitGrid.Engine.Features;
using VitGrid.Indexing.Formats;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>
/// Parts as safetensors files, all rows of a tensor in one: <c>embedding</c> [rows, D], or of features each by its name, such as
/// <c>layers.24.patches</c> [rows, patches, D]. Images that were cut into tiles lie one behind another in their tensor's first dimension.
/// </summary>
internal static class SafetensorsParts
{
    /// <summary>Writes the rows of a part.</summary>
    public static async Task WriteAsync(
        Stream file, SinkSchema schema, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
    {
        TensorToWrite[] tensors = schema.Features is { } features
            ? [.. features.Tensors.Select(tensor => new TensorToWrite(
                tensor.Name, features.Type.AsStored(), ShapeOf(tensor, features, rows), _ => { }))]
            : [new TensorToWrite("embedding", TensorType.F32, [rows.Count, schema.Dimensions], _ => { })];
        await file.WriteAsync(SafetensorsWriter.Header(tensors, Metadata(schema)), cancellationToken);
        if (schema.Features is not null)
            await WriteFeaturesAsync(file, schema.Features, rows, cancellationToken);
        else
            await WriteVectorsAsync(file, rows, cancellationToken);
    }

    /// <summary>Writes the numbers of features: tensor by tensor, row by row.</summary>
    public static async Task WriteFeaturesAsync(
        Stream file, FeatureSchema features, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
    {
        foreach (StoredTensor tensor in features.Tensors)
        {
            foreach (SinkRow row in rows)
            {
                // Of a tiled image each block is a tile's.
                IReadOnlyList<FeatureBlock> blocks = row.Features!.Set.Blocks;
                if (!features.IsTiled)
                    await blocks[tensor.Block].WriteAsync(file, tensor.Offset, tensor.Bytes, cancellationToken);
                else
                    foreach (FeatureBlock block in blocks)
                        await block.WriteAsync(file, 0, block.Bytes, cancellationToken);
            }
        }
    }

    private static async Task WriteVectorsAsync(Stream file, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[PackedRow.BytesOf(rows[0].Vector.Length, NumberFormat.Float32)];
        foreach (SinkRow row in rows)
        {
            PackedRow.Write(row.Vector.Span, NumberFormat.Float32, bytes);
            await file.WriteAsync(bytes, cancellationToken);
        }
    }

    private static ImmutableArray<long> ShapeOf(StoredTensor tensor, FeatureSchema features, IReadOnlyList<SinkRow> rows) =>
        features.IsTiled
            ? tensor.Shape.SetItem(0, tensor.Shape[0] * rows.Sum(row => row.Features!.Inputs))
            : [rows.Count, .. tensor.Shape];

    private static Dictionary<string, string> Metadata(SinkSchema schema) => new()
    {
        ["format"] = "pt",
        ["model"] = schema.Model,
        ["revision"] = schema.Revision,
        ["vitgrid.schema"] = JsonSerializer.Serialize(schema, SinkJson.OneLine),
    };
}
