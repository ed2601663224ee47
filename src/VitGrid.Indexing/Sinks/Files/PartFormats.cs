using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using VitGrid.Indexing.Formats;

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>The formats that are shipped.</summary>
internal static class PartFormats
{
    /// <summary>A line a row: <c>{"id","model","dimensions","embedding"}</c>, as <c>vitgrid embed</c> writes them.</summary>
    public static PartFormat JsonLines { get; } = new("jsonl", NumberFormat.Float32, [new(".jsonl", WriteLinesAsync)]);

    /// <summary>An array [rows, dimensions], and beside it a line a row: <c>{"id","row"}</c>.</summary>
    public static PartFormat Npy(NumberFormat numbers) => new(
        "npy",
        numbers,
        [new(".ids.jsonl", WriteIdsAsync), new(
            ".npy", (file, schema, rows, cancellation) => WriteArrayAsync(file, schema, rows, numbers, cancellation))]);

    /// <summary>Columns <c>id</c> and <c>embedding</c>; the schema in the file's metadata.</summary>
    public static PartFormat Parquet { get; } = new("parquet", NumberFormat.Float32, [new(".parquet", WriteParquetAsync)]);

    // Ids stay readable; lines are never put into HTML.
    private static readonly JsonWriterOptions Relaxed =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static Task WriteLinesAsync(
        FileStream file, SinkSchema schema, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken) =>
        WriteObjectsAsync(file, rows.Count, (json, i) =>
        {
            json.WriteString("id", rows[i].Id);
            json.WriteString("model", schema.Model);
            json.WriteNumber("dimensions", schema.Dimensions);
            json.WriteStartArray("embedding");
            foreach (float number in rows[i].Vector.Span)
                json.WriteNumberValue(number);
            json.WriteEndArray();
        }, cancellationToken);

    private static Task WriteIdsAsync(
        FileStream file, SinkSchema schema, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken) =>
        WriteObjectsAsync(file, rows.Count, (json, i) =>
        {
            json.WriteString("id", rows[i].Id);
            json.WriteNumber("row", i);
        }, cancellationToken);

    private static async Task WriteObjectsAsync(
        FileStream file, int count, Action<Utf8JsonWriter, int> write, CancellationToken cancellationToken)
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
        FileStream file, SinkSchema schema, IReadOnlyList<SinkRow> rows, NumberFormat numbers, CancellationToken cancellationToken)
    {
        NpyFile array = new(file, schema.Dimensions, numbers);
        foreach (SinkRow row in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            array.Append(row.Vector.Span);
        }
        array.Finish();
        return Task.CompletedTask;
    }

    private static async Task WriteParquetAsync(
        FileStream file, SinkSchema schema, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
    {
        Dictionary<string, string> metadata = new()
        {
            ["vitgrid.model"] = schema.Model,
            ["vitgrid.dimensions"] = schema.Dimensions.ToString(CultureInfo.InvariantCulture),
            ["vitgrid.schema"] = JsonSerializer.Serialize(schema, SinkJson.OneLine),
        };
        await using ParquetVectors vectors = await ParquetVectors.CreateAsync(
            file, "id", places: false, schema.Dimensions, metadata, cancellationToken);
        foreach (SinkRow[] group in rows.Chunk(ParquetVectors.RowsOf(schema.Dimensions)))
            await vectors.WriteAsync(
                Array.ConvertAll(group, row => row.Id), [], Array.ConvertAll(group, row => row.Vector), cancellationToken);
    }
}
