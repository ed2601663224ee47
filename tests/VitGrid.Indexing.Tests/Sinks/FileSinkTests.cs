using System.Text.Json;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Tests.Sinks;

public sealed class FileSinkTests : IDisposable
{
    private readonly SinkRig _rig = new();

    public static TheoryData<string> Sinks => ["jsonl:out.jsonl", "npy:out", "npy:out;type=fp16", "parquet:out"];

    public void Dispose() => _rig.Dispose();

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task The_manifest_of_a_finished_job_lists_its_parts_with_rows_and_checksums(string spec)
    {
        await using IVectorSink sink = await _rig.OpenAsync(spec);
        await SinkRig.WriteAsync(sink, "w1-2", "c");
        await SinkRig.WriteAsync(sink, "w1-1", "a", "b");
        await sink.FinishAsync(SinkRig.Summary with { Done = 3 }, default);

        JsonElement manifest = Manifest();
        Assert.Equal("job", manifest.GetProperty("job").GetString());
        Assert.Equal("f00d", manifest.GetProperty("schema").GetProperty("revision").GetString());
        JsonElement result = manifest.GetProperty("result");
        Assert.Equal(3, result.GetProperty("rows").GetInt64());
        Assert.Equal(3, result.GetProperty("summary").GetProperty("done").GetInt64());
        Assert.Equal(["w1-1", "w1-2"], result.GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("part").GetString()));
        foreach (JsonElement file in result.GetProperty("parts").EnumerateArray().SelectMany(
            part => part.GetProperty("files").EnumerateArray()))
        {
            string path = Directory.EnumerateFiles(_rig.Root, file.GetProperty("name").GetString()!, SearchOption.AllDirectories).Single();
            byte[] bytes = await File.ReadAllBytesAsync(path);
            Assert.Equal(bytes.Length, file.GetProperty("bytes").GetInt64());
            Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), file.GetProperty(
                "sha256").GetString());
        }
    }

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task A_prepared_part_is_invisible_until_it_is_committed(string spec)
    {
        await using IVectorSink sink = await _rig.OpenAsync(spec);
        await sink.PrepareAsync("p", SinkRig.Rows("a"), default);
        Assert.DoesNotContain(_rig.Remaining(), file => Path.GetFileName(file).StartsWith("part-", StringComparison.Ordinal));
        await sink.CommitAsync("p", SinkRig.Rows("a"), default);
        Assert.Contains(_rig.Remaining(), file => Path.GetFileName(file).StartsWith("part-p", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task Vectors_of_another_schema_are_refused_and_both_are_named(string spec)
    {
        await (await _rig.OpenAsync(spec)).DisposeAsync();
        SinkException refused = await Assert.ThrowsAsync<SinkException>(
            () => _rig.OpenAsync(spec, schema: SinkRig.Schema with { Revision = "beef", Dimensions = 3 }));
        Assert.Contains("holds vectors with revision f00d, not beef; dimensions 2, not 3", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsTransient);
    }

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task A_target_belongs_to_one_job(string spec)
    {
        await (await _rig.OpenAsync(spec)).DisposeAsync();
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => _rig.OpenAsync(spec, job: "other"));
        Assert.Contains("belongs to job 'job', not to 'other'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_one_number_format_takes_no_other()
    {
        await (await _rig.OpenAsync("npy:out")).DisposeAsync();
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => _rig.OpenAsync("npy:out;type=fp16"));
        Assert.Contains("holds npy with Float32 numbers, not npy with Float16", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jsonl:out.jsonl", "out.jsonl")]
    [InlineData("npy:.", "x.npy")]
    [InlineData("parquet:.", "x.parquet")]
    public async Task Vectors_that_came_from_elsewhere_are_left_alone(string spec, string file)
    {
        await File.WriteAllTextAsync(_rig.At(file), "mine");
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => _rig.OpenAsync(spec));
        Assert.Contains($"{file} exists and is of no job known here", refused.Message, StringComparison.Ordinal);
        Assert.Equal([file], _rig.Remaining());
    }

    [Fact]
    public async Task A_folder_above_that_is_missing_is_not_created_since_it_may_be_a_mount()
    {
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => _rig.OpenAsync("parquet:mount/out"));
        Assert.Contains("mount does not exist; create or mount it first", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_rig.Remaining());
    }

    [Fact]
    public async Task A_file_where_the_folder_should_be_is_refused()
    {
        await File.WriteAllTextAsync(_rig.At("out"), "");
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => _rig.OpenAsync("npy:out"));
        Assert.Contains("is a file, not a folder", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_manifest_is_refused()
    {
        await (await _rig.OpenAsync("npy:out")).DisposeAsync();
        await File.WriteAllTextAsync(_rig.At("out", "_vitgrid", "vitgrid.json"), "{\"format\":1");
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => _rig.OpenAsync("npy:out"));
        Assert.Contains("vitgrid.json is damaged", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("npy:out;type=fp16", 1e6f, "16-bit numbers end at 65504")]
    [InlineData("npy:out", float.NaN, "holds NaN; only finite numbers")]
    [InlineData("jsonl:out.jsonl", float.PositiveInfinity, "holds Infinity; only finite numbers")]
    public async Task A_number_that_cannot_be_stored_names_its_row(string spec, float number, string message)
    {
        await using IVectorSink sink = await _rig.OpenAsync(spec);
        SinkException refused = await Assert.ThrowsAsync<SinkException>(
            () => sink.PrepareAsync("p", [SinkRig.Row("good"), new("bad", new[] { 0, number })], default));
        Assert.Equal((SinkFault.RowRefused, "bad"), (refused.Fault, refused.RowId));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vector_of_another_length_names_its_row()
    {
        await using IVectorSink sink = await _rig.OpenAsync("parquet:out");
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => sink.PrepareAsync("p", [new("bad", new float[3])], default));
        Assert.Equal((SinkFault.RowRefused, "bad"), (refused.Fault, refused.RowId));
    }

    private JsonElement Manifest() => JsonDocument.Parse(
        File.ReadAllText(Directory.EnumerateFiles(_rig.Root, "vitgrid.json", SearchOption.AllDirectories).Single())).RootElement;
}
