using Parquet;
using Parquet.Schema;
using VitGrid.Server.Verbs;
using VitGrid.Server.Verbs.Embed;

namespace VitGrid.Server.Tests.Verbs;

public sealed class OutcomeSinkTests : IDisposable
{
    private static readonly EmbedOutcome Good = new("a \"b\".png", 0, [0.1f, -2], null);
    private static readonly EmbedOutcome Bad = new("c.png", 1, null, new("image_decode_failed", "cut off"));
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_line_has_the_contracts_fields()
    {
        StringWriter output = new() { NewLine = "\n" };
        using JsonLinesSink sink = new("m", output);
        await sink.WriteAsync(Good, default);
        await sink.WriteAsync(Bad, default);

        Assert.Equal(
            """
            {"file":"a \"b\".png","index":0,"model":"m","dimensions":2,"embedding":[0.1,-2]}
            {"file":"c.png","error":{"code":"image_decode_failed","message":"cut off"}}

            """.ReplaceLineEndings("\n"),
            output.ToString());
    }

    [Fact]
    public async Task A_file_appears_whole_or_not_at_all()
    {
        using (JsonLinesSink abandoned = new("m", new AtomicFile(_folder.At("x.jsonl"))))
            await abandoned.WriteAsync(Good, default);
        Assert.Empty(_folder.Remaining());

        using (JsonLinesSink completed = new("m", new AtomicFile(_folder.At("x.jsonl"))))
        {
            await completed.WriteAsync(Good, default);
            await completed.CompleteAsync(default);
        }
        Assert.Equal(["x.jsonl"], _folder.Remaining());
    }

    [Fact]
    public async Task The_array_has_a_row_a_vector_and_the_names_beside_it_say_which()
    {
        using NpySink sink = new(_folder.At("v.npy"), 2);
        await sink.WriteAsync(Bad, default);
        await sink.WriteAsync(Good, default);
        await sink.CompleteAsync(default);

        Assert.Equal(["v.ids.jsonl", "v.npy"], _folder.Remaining());
        Assert.Equal(
            ["""{"file":"c.png","error":{"code":"image_decode_failed","message":"cut off"}}""", """{"file":"a \"b\".png","row":0}"""],
            File.ReadAllLines(_folder.At("v.ids.jsonl")));
        Assert.Equal(128 + 8, new FileInfo(_folder.At("v.npy")).Length);
    }

    [Fact]
    public async Task A_parquet_file_has_a_row_a_vector_its_model_in_the_metadata_and_failures_beside_it()
    {
        using (ParquetSink sink = new(_folder.At("v.parquet"), "m", 2))
        {
            await sink.WriteAsync(Bad, default);
            await sink.WriteAsync(Good, default);
            await sink.WriteAsync(Good with { File = "d.png", Index = 2, Vector = [3, 4] }, default);
            await sink.CompleteAsync(default);
        }

        await using ParquetReader reader = await ParquetReader.CreateAsync(_folder.At("v.parquet"));
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
        DataField[] fields = reader.Schema.GetDataFields();
        string?[] files = new string?[2];
        float[] numbers = new float[4];
        int[] present = new int[4];
        int[] starts = new int[4];
        await group.ReadAsync(fields[0], files.AsMemory());
        await group.ReadRawAsync<float>(fields[2], numbers.AsMemory(), present.AsMemory(), starts.AsMemory());
        Assert.Equal<string?>(["a \"b\".png", "d.png"], files.AsEnumerable());
        Assert.Equal([0.1f, -2f, 3f, 4f], numbers);
        Assert.Equal([0, 1, 0, 1], starts);
        Assert.Equal("m", reader.CustomMetadata["vitgrid.model"]);
        Assert.Equal(["v.errors.jsonl", "v.parquet"], _folder.Remaining());
    }

    [Fact]
    public async Task A_parquet_file_without_images_is_still_one()
    {
        using (ParquetSink sink = new(_folder.At("v.parquet"), "m", 2))
            await sink.CompleteAsync(default);
        await using ParquetReader reader = await ParquetReader.CreateAsync(_folder.At("v.parquet"));
        Assert.Equal(0, reader.RowGroupCount);
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/no/such/folder/x.jsonl")]
    [InlineData(".")]
    public void What_is_no_file_is_refused(string path) => Assert.Throws<UsageException>(() => new AtomicFile(path));
}
