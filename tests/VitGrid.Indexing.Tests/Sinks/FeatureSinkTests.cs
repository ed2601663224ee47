using System.Runtime.InteropServices;
using System.Text;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Features;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Targets;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>Features in sinks of files: a row of each tensor an image.</summary>
public sealed class FeatureSinkTests : IDisposable
{
    private static readonly SinkSchema Tensors = SinkRig.Schema with
    {
        Features = new("outputs=cls,patches;layers=2;norm=last;layout=NLC;dtype=fp32",
            [new("layers.2.cls", [2], 0, 0, 8), new("layers.2.patches", [3, 2], 0, 8, 24)]),
    };

    private static readonly SinkSchema Tiled = SinkRig.Schema with
    {
        Features = new("outputs=visual_tokens;dtype=fp32;tiling=1,4,true", [new("visual_tokens", [1, 2], 0, 0, 8)]) { IsTiled = true },
    };

    private readonly SinkRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_file_has_each_tensor_by_its_name_with_a_row_an_image_in_the_order_of_the_ids_beside_it()
    {
        await using IVectorSink sink = await _rig.OpenAsync("safetensors:out", schema: Tensors);
        await WriteAsync(sink, Row("a", 0, 1, 2, 3, 4, 5, 6, 7), Row("b", 10, 11, 12, 13, 14, 15, 16, 17));

        Assert.Equal(["""{"id":"a","row":0}""", """{"id":"b","row":1}"""], await File.ReadAllLinesAsync(
            _rig.At("out", "part-w.ids.jsonl")));
        ReadTensors tensors = Read();
        Holds(tensors, "layers.2.cls", [2, 2], [0, 1, 10, 11]);
        Holds(tensors, "layers.2.patches", [2, 3, 2], [2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 16, 17]);
        Assert.Contains(
            "\"request\":\"outputs=cls,patches;layers=2;", tensors.Metadata("vitgrid.schema"), StringComparison.Ordinal);
        Assert.Equal(("nano", "f00d"), (tensors.Metadata("model"), tensors.Metadata("revision")));
        await sink.FinishAsync(SinkRig.Summary with { Done = 2 }, default);
        Assert.Contains("\"layers.2.patches\"", await File.ReadAllTextAsync(_rig.At("out", "_vitgrid", "vitgrid.json")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_of_several_tiles_lie_one_behind_another_and_their_lines_say_where()
    {
        await using IVectorSink sink = await _rig.OpenAsync("safetensors:out", schema: Tiled);
        SinkRow one = Row("one", 1, 2) with { Vector = default };
        SinkRow three = new("three", default)
        {
            Features = new(new([Block(3, 4), Block(5, 6), Block(7, 8)]), new(2, 1, Thumbnail: true)),
        };
        await WriteAsync(sink, one, three, Row("last", 9, 10));

        Assert.Equal(
        [
            """{"id":"one","row":0,"first":0,"tokens":1,"tiles":[1,1,0]}""",
            """{"id":"three","row":1,"first":1,"tokens":3,"tiles":[2,1,1]}""",
            """{"id":"last","row":2,"first":4,"tokens":1,"tiles":[1,1,0]}""",
        ], await File.ReadAllLinesAsync(_rig.At("out", "part-w.ids.jsonl")));
        ReadTensors tensors = Read();
        Holds(tensors, "visual_tokens", [5, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }

    [Fact]
    public async Task An_array_of_one_tensor_has_its_shape_behind_the_rows()
    {
        SinkSchema patches = Tensors with { Features = Tensors.Features! with { Tensors = [new("layers.2.patches", [3, 2], 0, 0, 24)] } };
        await using IVectorSink sink = await _rig.OpenAsync("npy:out", schema: patches);
        await WriteAsync(sink, Row("a", 0, 1, 2, 3, 4, 5), Row("b", 6, 7, 8, 9, 10, 11));
        byte[] array = await File.ReadAllBytesAsync(_rig.At("out", "part-w.npy"));
        Assert.Contains("'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 2)", Encoding.Latin1.GetString(array, 0, 128),
            StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (float)i), MemoryMarshal.Cast<byte, float>(array.AsSpan(128)).ToArray());
    }

    [Fact]
    public async Task Vectors_are_one_tensor_too()
    {
        await using IVectorSink sink = await _rig.OpenAsync("safetensors:out");
        await SinkRig.WriteAsync(sink, "w", "a", "bcd");
        ReadTensors tensors = Read();
        Holds(tensors, "embedding", [2, 2], [1, -0.5f, 3, -0.5f]);
    }

    [Theory]
    [InlineData("jsonl:out.jsonl", "it holds vectors; features are stored by safetensors:DIR")]
    [InlineData("parquet:out", "it holds vectors; features are stored by safetensors:DIR")]
    [InlineData("npy:out", "an array is one tensor a row, and more than one is asked for; name one layer")]
    public async Task A_sink_that_cannot_hold_them_says_which_can(string spec, string words)
    {
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => _rig.OpenAsync(spec, schema: Tensors));
        Assert.Equal(SinkFault.Refused, refused.Fault);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("npy:/out", "layers=2;dtype=fp16", "its type is fp32 and the features' dtype is another")]
    [InlineData("npy:/out;type=fp16", "layers=2;dtype=fp16", null)]
    [InlineData("npy:/out", "layers=2;dtype=bf16", "the features' dtype is another")]
    [InlineData("npy:/out", "layers=all", "more than one is asked for")]
    [InlineData("npy:/out", "outputs=visual_tokens;tiling=1,4", "tiled images differ in length")]
    [InlineData("safetensors:/out", "layers=all;outputs=cls,patches;dtype=bf16", null)]
    [InlineData("pgvector:Host=db;table=t", "layers=2", "a table holds vectors")]
    public void What_can_be_said_without_the_model_is_said_when_a_job_is_submitted(string spec, string features, string? words)
    {
        string? objection = SinkSpec.Parse(spec).ObjectionTo(FeatureText.Parse(features));
        if (words is null)
            Assert.Null(objection);
        else
            Assert.Contains(words, objection, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_asks_for_other_features_or_for_vectors_is_refused_the_folder()
    {
        await (await _rig.OpenAsync("safetensors:out", schema: Tensors)).DisposeAsync();
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => _rig.OpenAsync("safetensors:out", schema: Tiled));
        Assert.Contains("features outputs=cls,patches;layers=2;", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<SinkException>(() => _rig.OpenAsync("safetensors:out"));
        Assert.Contains("not none", refused.Message, StringComparison.Ordinal);
        await (await _rig.OpenAsync("safetensors:out", schema: Tensors)).DisposeAsync();
    }

    [Fact]
    public async Task A_row_of_another_length_is_refused_by_its_id()
    {
        await using IVectorSink sink = await _rig.OpenAsync("safetensors:out", schema: Tensors);
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => sink.PrepareAsync(
            "w", [Row("a", 0, 1, 2, 3, 4, 5, 6, 7), Row("short", 1, 2)], default));
        Assert.Equal((SinkFault.RowRefused, "short"), (refused.Fault, refused.RowId));
        Assert.Contains("have 8 bytes; the sink holds rows of 32", refused.Message, StringComparison.Ordinal);
    }

    private static async Task WriteAsync(IVectorSink sink, params SinkRow[] rows)
    {
        await sink.PrepareAsync("w", rows, default);
        await sink.CommitAsync("w", rows, default);
    }

    private static SinkRow Row(string id, params float[] numbers) => new(id, default)
    {
        Features = new(new([Block(numbers)]), new(1, 1, Thumbnail: true)),
    };

    private static FeatureBlock Block(params float[] numbers)
    {
        using FeatureBlock.Builder block = new();
        block.Write(MemoryMarshal.AsBytes(numbers.AsSpan()));
        return block.Finish();
    }

    private ReadTensors Read() => new(File.ReadAllBytes(_rig.At("out", "part-w.safetensors")));

    private static void Holds(ReadTensors tensors, string name, int[] shape, float[] numbers)
    {
        Assert.Equal(shape, tensors.Shape(name));
        Assert.Equal(numbers, tensors.Numbers(name));
    }
}
