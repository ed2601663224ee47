using VitGrid.Indexing.Reading;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Tests.Sinks;

namespace VitGrid.Indexing.Tests.Reading;

/// <summary>What sinks have written is read back, and what they have not is refused by name.</summary>
public sealed class VectorIndexTests : IDisposable
{
    private readonly SinkRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("npy:out", "out")]
    [InlineData("npy:out;type=fp16", "out")]
    [InlineData("parquet:out", "out")]
    [InlineData("jsonl:out.jsonl", "out.jsonl")]
    [InlineData("jsonl:out.jsonl", "out.jsonl.parts")]
    public async Task A_sinks_parts_are_read_in_their_order_with_what_its_manifest_says(string spec, string path)
    {
        await using IVectorSink sink = await _rig.OpenAsync(spec);
        await SinkRig.WriteAsync(sink, "w-2", "ccc", "ü \"q\"");
        await SinkRig.WriteAsync(sink, "w-1", "a");
        VectorIndex running = (await VectorIndex.FindAsync(_rig.At(path), default))!;
        Assert.False(running.Facts.IsWhole);
        await DemandRowsAsync(running);

        await sink.FinishAsync(SinkRig.Summary with { Done = 3 }, default);
        VectorIndex finished = (await VectorIndex.FindAsync(_rig.At(path), default))!;
        Assert.Equal(
            new IndexFacts { Model = "nano", Revision = "f00d", Preprocess = "crop", Layer = 4, Pooling = "cls", Dimensions = 2 },
            finished.Facts);
        await DemandRowsAsync(finished);
    }

    [Fact]
    public async Task What_was_not_committed_is_not_read()
    {
        await using IVectorSink sink = await _rig.OpenAsync("npy:out");
        await SinkRig.WriteAsync(sink, "w-1", "a");
        await sink.PrepareAsync("w-2", SinkRig.Rows("b"), default);
        VectorBlock block = Assert.Single(await ReadAsync((await VectorIndex.FindAsync(_rig.At("out"), default))!));
        Assert.Equal(["a"], block.Ids);
    }

    [Fact]
    public async Task Parts_that_came_after_the_end_are_read_although_the_joined_file_lacks_them()
    {
        await using IVectorSink sink = await _rig.OpenAsync("jsonl:out.jsonl");
        await SinkRig.WriteAsync(sink, "w-1", "a");
        await sink.FinishAsync(SinkRig.Summary with { Done = 1 }, default);
        await SinkRig.WriteAsync(sink, "w-2", "b");
        IReadOnlyList<VectorBlock> blocks = await ReadAsync((await VectorIndex.FindAsync(_rig.At("out.jsonl"), default))!);
        Assert.Equal(["a", "b"], blocks.SelectMany(block => block.Ids));
    }

    [Theory]
    [InlineData("npy:out", "out/part-w-1.npy")]
    [InlineData("parquet:out", "out/part-w-1.parquet")]
    public async Task One_part_is_an_index_too(string spec, string path)
    {
        await using IVectorSink sink = await _rig.OpenAsync(spec);
        await SinkRig.WriteAsync(sink, "w-1", "a", "bb");
        VectorIndex part = (await VectorIndex.FindAsync(_rig.At(path), default))!;
        Assert.Equal("f00d", part.Facts.Revision);
        Assert.Equal(["a", "bb"], Assert.Single(await ReadAsync(part)).Ids);
    }

    [Fact]
    public async Task What_is_no_index_is_none()
    {
        Directory.CreateDirectory(_rig.At("photos"));
        await File.WriteAllTextAsync(_rig.At("photos", "a.png"), "");
        Assert.Null(await VectorIndex.FindAsync(_rig.At("photos"), default));
        Assert.Null(await VectorIndex.FindAsync(_rig.At("photos", "a.png"), default));
        Assert.Null(await VectorIndex.FindAsync(_rig.At("absent.npy"), default));
    }

    [Theory]
    [InlineData("x.jsonl", "[1]", "x.jsonl: line 1 is not as vitgrid writes vectors")]
    [InlineData("x.jsonl", "{\"id\":\"a\",\"embedding\":\"AAAA\"}", "embedding is a String, not an array of numbers")]
    [InlineData("x.jsonl", "{\"embedding\":[1]}", "line 1 has a vector and neither id nor file")]
    [InlineData(
        "x.jsonl", "{\"id\":\"a\",\"embedding\":[1,2]}\n\n{\"id\":\"b\",\"embedding\":[1]}", "'b' has 1 numbers, the rows before it 2")]
    [InlineData("x.npy", "no array at all", "x.npy: it does not begin as a NumPy array does")]
    [InlineData("x.parquet", "no table at all", "x.parquet: it cannot be read as Parquet")]
    public async Task A_file_that_vitgrid_has_not_written_is_refused_by_name(string name, string content, string message)
    {
        await File.WriteAllTextAsync(_rig.At(name), content);
        InvalidDataException refused = await Assert.ThrowsAsync<InvalidDataException>(
            async () => await ReadAsync((await VectorIndex.FindAsync(_rig.At(name), default))!));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_array_and_its_ids_must_be_of_one_length_and_whole()
    {
        await using IVectorSink sink = await _rig.OpenAsync("npy:out");
        await SinkRig.WriteAsync(sink, "w-1", "a", "bb");
        string array = _rig.At("out", "part-w-1.npy"), ids = _rig.At("out", "part-w-1.ids.jsonl");
        byte[] whole = await File.ReadAllBytesAsync(array);

        await File.WriteAllBytesAsync(array, whole[..^4]);
        await RefusedAsync(array, "is shorter than its header says");
        await File.WriteAllBytesAsync(array, whole);
        await File.WriteAllTextAsync(ids, "{\"id\":\"a\",\"row\":0}\n");
        await RefusedAsync(array, "has 2 rows, and");
        await File.WriteAllTextAsync(ids, "{\"id\":\"a\",\"row\":1}\n");
        await RefusedAsync(array, "does not name row 0");
        File.Delete(ids);
        await RefusedAsync(array, "is missing, which names the rows");
    }

    private static async Task RefusedAsync(string path, string message)
    {
        VectorIndex index = (await VectorIndex.FindAsync(path, default))!;
        InvalidDataException refused = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(index));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The rows that every sink of these tests holds: a vector begins with its id's length.</summary>
    private static async Task DemandRowsAsync(VectorIndex index)
    {
        IReadOnlyList<VectorBlock> blocks = await ReadAsync(index);
        Assert.Equal(["a", "ccc", "ü \"q\""], blocks.SelectMany(block => block.Ids));
        Assert.Equal([1, -0.5f, 3, -0.5f, 5, -0.5f], blocks.SelectMany(block => block.Numbers.ToArray()));
    }

    private static async Task<IReadOnlyList<VectorBlock>> ReadAsync(VectorIndex index)
    {
        List<VectorBlock> blocks = [];
        await foreach (VectorBlock block in index.ReadAsync(default))
            blocks.Add(block);
        return blocks;
    }
}
