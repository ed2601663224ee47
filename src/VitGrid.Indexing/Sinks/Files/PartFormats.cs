using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using VitGrid.Engine.Features;
using VitGrid.Indexing.Formats;

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>The formats that are shipped.</summary>
internal static class PartFormats
{
    /// <summary>A line a row: <c>{"id","model","dimensions","embedding"}</c>, as <c>vitgrid embed</c> writes them.</summary>
    public static PartFormat JsonLines { get; } = new("jsonl", NumberFormat.Float32, [new(".jsonl", WriteLinesAsync)]);

    /// <summary>
    /// An array [rows, dimensions], of features [rows, …], and beside it a line a row: <c>{"id","row"}</c>.
    /// </summary>
    public static PartFormat Npy(NumberFormat numbers) => new(
        "npy",
        numbers,
        [new(".ids.jsonl", WriteIdsAsync), new(
            ".npy", (file, schema, rows, cancellation) => WriteArrayAsync(file, schema, rows, numbers, cancellation))])
    {
        FeatureObjection = (type, tensors, isTiled) => NpyObjection(numbers, type, tensors, isTiled),
    };

    /// <summary>
    /// See <see cref="SafetensorsParts"/>; beside it a line a row: <c>{"id","row"}</c>, of an image that was cut into tiles also where its
    /// tokens begin, how many they are, and <c>"tiles":[columns,rows,thumbnail]</c>.
    /// </summary>
    public static PartFormat Safetensors { get; } = new(
        "safetensors", NumberFormat.Float32, [new(".ids.jsonl", WriteIdsAsync), new(".safetensors", SafetensorsParts.WriteAsync)])
    {
        FeatureObjection = (_, _, _) => null,
    };

    /// <summary>Columns <c>id</c> and <c>embedding</c>; the schema in the file's metadata.</summary>
    public static PartFormat Parquet(NumberFormat numbers) => new(
        "parquet",
        numbers,
        [new(".parquet", (file, schema, rows, cancellation) => WriteParquetAsync(file, schema, rows, numbers, cancellation))]);

    /// <summary>See <see cref="TarParts"/>.</summary>
    public static PartFormat Tar(NumberFormat numbers) => new(
        "tar",
        numbers,
        [new(".tar", (file, schema, rows, cancellation) => TarParts.WriteAsync(file, schema, rows, numbers, cancellation))]);

    // Ids stay readable; lines are never put into HTML.
    private static readonly JsonWriterOptions Relaxed =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static Task WriteLinesAsync(
        Stream file, SinkSchema schema, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken) =>
        WriteObjectsAsync(file, rows.Count, (json, i) =>
        {
            json.WriteString("id", rows[i].Id);
            json.WriteString("model", schema.Model);
            json.WriteNumber("dimensions", schema.Dimensions);
            json.WriteStartArray("embedding");
            foreach (float number in rows[i].Vector.Span)
                json.WriteNumberValue(number);
            json.WriteEndArray();
            WriteMetadata(json, rows[i]);
        }, cancellationToken);

    private static Task WriteIdsAsync(
        Stream file, SinkSchema schema, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken) =>
        WriteObjectsAsync(file, rows.Count, (json, i) =>
        {
            json.WriteString("id", rows[i].Id);
            json.WriteNumber("row", i);
            if (schema.Features is { IsTiled: true } tiled)
                WriteTiles(json, rows, i, tiled.Tensors[0].Shape[0]);
            WriteMetadata(json, rows[i]);
        }, cancellationToken);

    private static void WriteMetadata(Utf8JsonWriter json, SinkRow row)
    {
        if (row.Metadata is not { } metadata)
            return;
        json.WritePropertyName("metadata");
        json.WriteRawValue(metadata, skipInputValidation: true);
    }

    /// <summary>Where a row's tokens are among those of all rows.</summary>
    private static void WriteTiles(Utf8JsonWriter json, IReadOnlyList<SinkRow> rows, int row, long tokens)
    {
        RowFeatures features = rows[row].Features!;
        json.WriteNumber("first", rows.Take(row).Sum(before => before.Features!.Inputs) * tokens);
        json.WriteNumber("tokens", features.Inputs * tokens);
        json.WriteStartArray("tiles");
        json.WriteNumberValue(features.Grid.Columns);
        json.WriteNumberValue(features.Grid.Rows);
        json.WriteNumberValue(features.Grid.HasThumbnail ? 1 : 0);
        json.WriteEndArray();
    }

    private static string? NpyObjection(NumberFormat numbers, FeatureType type, int tensors, bool isTiled)
    {
        if (isTiled || tensors != 1)
        {
            return isTiled
                ? "tiled images differ in length, and an array's rows do not; use safetensors:DIR"
                : "an array is one tensor a row, and more than one is asked for; name one layer and one of outputs, or use safetensors:DIR";
        }
        string own = numbers.Name();
        return (type, numbers) is (FeatureType.Float32, NumberFormat.Float32) or (FeatureType.Float16, NumberFormat.Float16)
            ? null
            : $"its type is {own} and the features' dtype is another; name the same twice (npy:DIR;type=fp16 and dtype=fp16), or use "
                + "safetensors:DIR";
    }

    private static async Task WriteObjectsAsync(
        Stream file, int count, Action<Utf8JsonWriter, int> write, CancellationToken cancellationToken)
    {
        ArrayBufferWriter<byte> line = new(1 << 15);
        await using Utf8JsonWriter json = new(line, Relaxed);
        for (int i = 0; i < count; i++)
        {
            json.WriteStartObject();
            write(json, i);
            json.WriteEndObject();
            json.Flush();
            line.Write("\n"u8);
            await file.WriteAsync(line.WrittenMemory, cancellationToken);
            line.ResetWrittenCount();
            json.Reset();
        }
    }

    private static Task WriteArrayAsync(
        Stream file, SinkSchema schema, IReadOnlyList<SinkRow> rows, NumberFormat numbers, CancellationToken cancellationToken)
    {
        if (schema.Features is { } features)
        {
            file.Write(NpyFile.Header([rows.Count, .. features.Tensors[0].Shape], numbers));
            return SafetensorsParts.WriteFeaturesAsync(file, features, rows, cancellationToken);
        }
        return WriteVectorsAsync(file, schema.Dimensions, rows, numbers, cancellationToken);
    }

    private static async Task WriteVectorsAsync(
        Stream file, int dimensions, IReadOnlyList<SinkRow> rows, NumberFormat numbers, CancellationToken cancellationToken)
    {
        // The number of rows is known: an object is written from its beginning to its end.
        await file.WriteAsync(NpyFile.Header([rows.Count, PackedRow.ColumnsOf(dimensions, numbers)], numbers), cancellationToken);
        byte[] bytes = new byte[PackedRow.BytesOf(dimensions, numbers)];
        foreach (SinkRow row in rows)
        {
            PackedRow.Write(row.Vector.Span, numbers, bytes);
            await file.WriteAsync(bytes, cancellationToken);
        }
    }

    private static async Task WriteParquetAsync(
        Stream file, SinkSchema schema, IReadOnlyList<SinkRow> rows, NumberFormat numbers, CancellationToken cancellationToken)
    {
        Dictionary<string, string> metadata = new()
        {
            ["vitgrid.model"] = schema.Model,
            ["vitgrid.dimensions"] = schema.Dimensions.ToString(CultureInfo.InvariantCulture),
            ["vitgrid.type"] = numbers.Name(),
            ["vitgrid.schema"] = JsonSerializer.Serialize(schema, SinkJson.OneLine),
        };
        await using ParquetVectors vectors = await ParquetVectors.CreateAsync(
            file, new("id") { HasMetadata = schema.Metadata, Numbers = numbers }, schema.Dimensions, metadata, cancellationToken);
        foreach (SinkRow[] group in rows.Chunk(ParquetVectors.RowsOf(schema.Dimensions)))
        {
            ParquetRows columns = new(Array.ConvertAll(group, row => row.Id), Array.ConvertAll(group, row => row.Vector))
            {
                Metadata = schema.Metadata ? Array.ConvertAll(group, row => row.Metadata) : [],
            };
            await vectors.WriteAsync(columns, cancellationToken);
        }
    }
}
