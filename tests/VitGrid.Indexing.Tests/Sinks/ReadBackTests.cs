using System.Runtime.InteropServices;
using System.Text;
using Parquet;
using Parquet.Schema;
using VitGrid.Indexing.Formats;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Tests.Sinks;

public sealed class ReadBackTests : IDisposable
{
    private readonly SinkRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("npy:out", "<f4")]
    [InlineData("npy:out;type=fp16", "<f2")]
    public async Task An_array_and_the_ids_beside_it_are_in_the_order_of_rows(string spec, string type)
    {
        await using IVectorSink sink = await _rig.OpenAsync(spec);
        await SinkRig.WriteAsync(sink, "w-1", "a", "bcd");

        Assert.Equal(["""{"id":"a","row":0}""", """{"id":"bcd","row":1}"""], await File.ReadAllLinesAsync(
            _rig.At("out", "part-w-1.ids.jsonl")));
        byte[] array = await File.ReadAllBytesAsync(_rig.At("out", "part-w-1.npy"));
        Assert.Contains($"'descr': '{type}', 'fortran_order': False, 'shape': (2, 2)", Encoding.Latin1.GetString(
            array, 0, 128), StringComparison.Ordinal);
        float[] numbers = type == "<f4"
            ? MemoryMarshal.Cast<byte, float>(array.AsSpan(128)).ToArray()
            : [.. MemoryMarshal.Cast<byte, Half>(array.AsSpan(128)).ToArray().Select(half => (float)half)];
        Assert.Equal([1, -0.5f, 3, -0.5f], numbers);
    }

    [Fact]
    public async Task Parquet_has_ids_and_lists_in_row_groups_and_the_schema_in_its_footer()
    {
        SinkSchema schema = SinkRig.Schema with { Dimensions = ParquetVectors.NumbersInGroup / 2 };
        float[] vector = new float[schema.Dimensions];
        (vector[0], vector[^1]) = (0.25f, -7);
        SinkRow[] rows = [new("a", vector), new("b", vector), new("ü", vector)];
        await using IVectorSink sink = await _rig.OpenAsync("parquet:out", schema: schema);
        await sink.PrepareAsync("w-1", rows, default);
        await sink.CommitAsync("w-1", rows, default);

        await using ParquetReader reader = await ParquetReader.CreateAsync(_rig.At("out", "part-w-1.parquet"));
        Assert.Equal(2, reader.RowGroupCount);
        Assert.Equal("nano", reader.CustomMetadata["vitgrid.model"]);
        Assert.Contains("\"revision\":\"f00d\"", reader.CustomMetadata["vitgrid.schema"], StringComparison.Ordinal);
        Assert.Equal(["a", "b"], await IdsAsync(reader, 0, 2));
        Assert.Equal(["ü"], await IdsAsync(reader, 1, 1));
        float[] last = new float[schema.Dimensions];
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(1);
        await group.ReadRawAsync<float>(
            reader.Schema.GetDataFields()[1], last.AsMemory(), new int[last.Length].AsMemory(), new int[last.Length].AsMemory());
        Assert.Equal(vector, last);
    }

    [Fact]
    public async Task What_stood_beside_images_is_a_field_of_lines_and_a_column_of_Parquet_that_is_null_where_nothing_did()
    {
        SinkSchema schema = SinkRig.Schema with { Metadata = true };
        SinkRow[] rows = [SinkRig.Row("a") with { Metadata = """{"json":{"n":1},"txt":"ü"}""" }, SinkRig.Row("b"), SinkRig.Row("c")];
        foreach (string spec in (string[])["jsonl:out.jsonl", "npy:arrays", "parquet:out"])
        {
            await using IVectorSink sink = await _rig.OpenAsync(spec, schema: schema);
            await sink.PrepareAsync("w-1", rows, default);
            await sink.CommitAsync("w-1", rows, default);
            await sink.FinishAsync(SinkRig.Summary with { Done = 3 }, default);
        }
        string[] lines = await File.ReadAllLinesAsync(_rig.At("out.jsonl"));
        Assert.EndsWith(""",-0.5],"metadata":{"json":{"n":1},"txt":"ü"}}""", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(",-0.5]}", lines[1], StringComparison.Ordinal);
        Assert.Equal(
            """{"id":"a","row":0,"metadata":{"json":{"n":1},"txt":"ü"}}""",
            (await File.ReadAllLinesAsync(_rig.At("arrays", "part-w-1.ids.jsonl")))[0]);
        await using ParquetReader reader = await ParquetReader.CreateAsync(_rig.At("out", "part-w-1.parquet"));
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
        string?[] column = new string?[3];
        await group.ReadAsync(reader.Schema.GetDataFields().Single(field => field.Name == "metadata"), column.AsMemory());
        Assert.Equal(rows.Select(row => row.Metadata), column);
        await using IVectorSink other = _rig.Spec("parquet:out").Create("job");
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => other.OpenAsync(SinkRig.Schema, default));
        Assert.Contains("metadata kept, not none", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<string[]> IdsAsync(ParquetReader reader, int index, int count)
    {
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(index);
        DataField field = reader.Schema.GetDataFields()[0];
        string?[] ids = new string?[count];
        await group.ReadAsync(field, ids.AsMemory());
        return ids!;
    }
}
