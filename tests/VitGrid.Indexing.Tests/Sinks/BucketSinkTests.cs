using System.Security.Cryptography;
using System.Text.Json;
using Parquet;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Reading;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Files;
using VitGrid.Indexing.Targets;
using VitGrid.LoadTest.Objects;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>What lies in a bucket of a sink, and what is refused.</summary>
public sealed class BucketSinkTests : IAsyncLifetime
{
    private BucketRig _rig = null!;

    public static TheoryData<string> Sinks =>
        ["jsonl:out.jsonl", "npy:out", "npy:out;type=fp16", "parquet:out", "safetensors:out", "tar:out"];

    public async Task InitializeAsync() => _rig = await BucketRig.StartAsync();

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task The_manifest_of_a_finished_job_lists_its_parts_with_rows_and_checksums_and_no_upload_stays_open(string spec)
    {
        await using IVectorSink sink = await _rig.OpenAsync(spec);
        await SinkRig.WriteAsync(sink, "w1-2", "c");
        await SinkRig.WriteAsync(sink, "S127.0.0.1:11111@7/w1-1", "a", "b");
        await sink.FinishAsync(SinkRig.Summary with { Done = 3 }, default);

        string manifest = _rig.Objects().Single(key => key.EndsWith("vitgrid.json", StringComparison.Ordinal));
        JsonElement result = JsonDocument.Parse(await File.ReadAllBytesAsync(_rig.At(manifest))).RootElement.GetProperty("result");
        Assert.Equal(3, result.GetProperty("rows").GetInt64());
        JsonElement[] files =
            [.. result.GetProperty("parts").EnumerateArray().SelectMany(part => part.GetProperty("files").EnumerateArray())];
        Assert.Equal(_rig.Seen().Select(Path.GetFileName), files.Select(file => file.GetProperty("name").GetString()).Order(
            StringComparer.Ordinal));
        foreach (JsonElement file in files)
        {
            byte[] bytes = await File.ReadAllBytesAsync(
                _rig.At(_rig.Seen().Single(key => Path.GetFileName(key) == file.GetProperty("name").GetString())));
            Assert.Equal(bytes.Length, file.GetProperty("bytes").GetInt64());
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), file.GetProperty("sha256").GetString());
        }
        Assert.Empty(_rig.Server.Writes.Open);
    }

    /// <summary>A folder and a bucket share what writes their parts.</summary>
    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task Parts_have_the_bytes_that_they_have_in_a_folder(string spec)
    {
        using SinkRig local = new();
        foreach (Func<Task<IVectorSink>> open in (Func<Task<IVectorSink>>[])[() => _rig.OpenAsync(spec), () => local.OpenAsync(spec)])
        {
            await using IVectorSink sink = await open();
            await SinkRig.WriteAsync(sink, "w-1", "a", "b \"q\" ü");
            await sink.FinishAsync(SinkRig.Summary with { Done = 2 }, default);
        }
        string[] files = [.. local.Remaining().Where(file => !file.EndsWith("json", StringComparison.Ordinal))];
        Assert.NotEmpty(files);
        Assert.Equal(files, _rig.Objects().Where(file => !file.EndsWith("json", StringComparison.Ordinal)));
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(local.At(file)), File.ReadAllBytes(_rig.At(file))));
    }

    [Fact]
    public async Task A_part_of_many_requests_is_read_back_whole()
    {
        SinkSchema schema = SinkRig.Schema with { Dimensions = 1 << 20 };
        SinkRow[] rows = [.. Enumerable.Range(0, 5).Select(row => new SinkRow($"{row}", Numbers(row, schema.Dimensions)))];
        await using IVectorSink sink = await _rig.OpenAsync("parquet:out", schema: schema);
        await sink.PrepareAsync("w-1", rows, default);
        await sink.CommitAsync("w-1", rows, default);
        await using ParquetReader reader = await ParquetReader.CreateAsync(_rig.At("out", "part-w-1.parquet"));
        float[] read = new float[4 * schema.Dimensions];
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
        await group.ReadRawAsync<float>(
            reader.Schema.GetDataFields()[1], read.AsMemory(), new int[read.Length].AsMemory(), new int[read.Length].AsMemory());
        Assert.True(rows.Take(4).SelectMany(row => row.Vector.ToArray()).SequenceEqual(read));
    }

    [Fact]
    public async Task Vectors_of_another_schema_or_job_and_what_came_from_elsewhere_are_refused()
    {
        await (await _rig.OpenAsync("parquet:out")).DisposeAsync();
        await DemandRefusedAsync(() => _rig.OpenAsync("parquet:out", job: "other"), "belongs to job 'job', not to 'other'");
        await DemandRefusedAsync(
            () => _rig.OpenAsync("parquet:out", schema: SinkRig.Schema with { Dimensions = 3 }), "dimensions 2, not 3");
        Directory.CreateDirectory(_rig.At("mine"));
        await File.WriteAllTextAsync(_rig.At("mine", "x.npy"), "mine");
        await DemandRefusedAsync(() => _rig.OpenAsync("npy:mine"), "mine/x.npy exists and is of no job known here");
        await File.WriteAllTextAsync(_rig.At("mine.jsonl"), "mine");
        await DemandRefusedAsync(() => _rig.OpenAsync("jsonl:mine.jsonl"), "mine.jsonl exists and is of no job known here");
    }

    [Fact]
    public async Task A_store_that_overwrites_what_is_to_be_new_is_refused()
    {
        _rig.Server.Fault = request =>
        {
            request.Headers.IfNoneMatch = default;
            return 0;
        };
        await DemandRefusedAsync(() => _rig.OpenAsync("parquet:out"), "the store overwrites an object that is to be new (If-None-Match)");
    }

    [Fact]
    public async Task A_job_of_which_bytes_are_missing_is_not_finished()
    {
        await using IVectorSink sink = await _rig.OpenAsync("npy:out");
        await SinkRig.WriteAsync(sink, "w-1", "a");
        await SinkRig.WriteAsync(sink, "w-2", "b");
        File.WriteAllBytes(_rig.At("out", "part-w-2.npy"), [1]);
        await DemandRefusedAsync(
            () => sink.FinishAsync(SinkRig.Summary with { Done = 2 }, default), "2 items are done, but the parts hold 1 rows; every worker "
                + "must see the same bucket");
    }

    [Fact]
    public async Task Lines_are_not_joined_of_a_part_that_was_changed()
    {
        await using IVectorSink sink = await _rig.OpenAsync("jsonl:out.jsonl");
        await SinkRig.WriteAsync(sink, "w-1", "a");
        string part = _rig.At("out.jsonl.parts", "part-w-1.jsonl");
        File.WriteAllBytes(part, new byte[new FileInfo(part).Length]);
        await DemandRefusedAsync(() => sink.FinishAsync(SinkRig.Summary with { Done = 1 }, default), "it was changed since");
        Assert.DoesNotContain("out.jsonl", _rig.Objects());
    }

    [Theory]
    [InlineData("parquet:s3://photos/out/", "parquet:s3://photos/out")]
    [InlineData("jsonl:s3://photos/a/out.jsonl", "jsonl:s3://photos/a/out.jsonl")]
    [InlineData("npy:s3://photos/out;type=fp16", "npy:s3://photos/out;type=fp16")]
    public void A_specification_reads_back_as_itself(string given, string text)
    {
        Assert.Equal(text, SinkSpec.Parse(given).Text);
        Assert.Equal(text, SinkSpec.Parse(text).ToString());
    }

    [Theory]
    [InlineData("parquet:s3://photos")]
    [InlineData("parquet:s3://photos/a//b")]
    [InlineData("parquet:s3://photos/../other")]
    [InlineData("parquet:s3://photos/out?versionId=7")]
    [InlineData("parquet:s3://PHOTOS/out")]
    [InlineData("parquet:s3://AKIA:s3cr3t@photos/out")]
    public void What_is_no_place_in_a_bucket_is_refused_and_not_repeated(string given)
    {
        SinkException refused = Assert.Throws<SinkException>(() => SinkSpec.Parse(given));
        Assert.Contains("give s3://BUCKET/PREFIX", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "parquet:s3://photos/out", false)]
    [InlineData("photos", "parquet:s3://photos/out", true)]
    [InlineData("photos", "parquet:s3://photos-other/out", false)]
    [InlineData("photos/out/", "parquet:s3://photos/out", true)]
    [InlineData("photos/out/", "jsonl:s3://photos/out/vectors.jsonl", true)]
    [InlineData("photos/out/", "parquet:s3://photos/out-other", false)]
    [InlineData("photos/out/", "parquet:s3://photos/other", false)]
    public async Task Workers_and_pages_write_into_buckets_alone_that_the_operator_names(string allowed, string sink, bool isAllowed)
    {
        IndexingOptions options = new() { S3 = new() { Buckets = ["*"], SinkBuckets = allowed.Length == 0 ? [] : [allowed] } };
        string? objection = new SubmissionRules(options).ObjectionToSink(sink);
        SinkFactory factory = new(options);
        if (isAllowed)
        {
            Assert.Null(objection);
            await factory.Create("job", sink).DisposeAsync();
            return;
        }
        Assert.Contains("Indexing:S3:SinkBuckets", objection, StringComparison.Ordinal);
        Assert.Equal(objection, Assert.Throws<SinkException>(() => factory.Create("job", sink)).Message);
    }

    [Theory]
    [InlineData(403, false, "may not be written (status 403, Fault)")]
    [InlineData(404, false, "is not there (status 404, Fault)")]
    [InlineData(429, true, "the store does not answer now (status 429, Fault)")]
    [InlineData(503, true, "the store does not answer now (status 503, SlowDown)")]
    [InlineData(S3Server.Cut, true, "see to ")]
    public async Task What_the_store_answers_is_told_by_name_and_nothing_of_the_part_is_seen(int fault, bool isTransient, string told)
    {
        await using IVectorSink sink = await _rig.OpenAsync("npy:out");
        _rig.Fail(request => request.Method is "PUT" or "POST", fault);
        SinkException failure = await Assert.ThrowsAsync<SinkException>(() => SinkRig.WriteAsync(sink, "w-1", "a"));
        Assert.Equal(isTransient, failure.IsTransient);
        Assert.Contains("npy:s3://public-vectors/out: cannot ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(told, failure.Message, StringComparison.Ordinal);
        Assert.Empty(_rig.Seen());
        _rig.Server.Fault = _ => 0;
        Assert.True(await sink.TryAbortAsync("w-1", default));
        await SinkRig.WriteAsync(sink, "w-2", "a");
        await sink.FinishAsync(SinkRig.Summary with { Done = 1 }, default);
        Assert.Equal(["out/part-w-2.ids.jsonl", "out/part-w-2.npy"], _rig.Seen());
    }

    [Theory]
    [InlineData("npy:out")]
    [InlineData("parquet:out")]
    public async Task A_bucket_that_was_copied_into_a_folder_is_an_index(string spec)
    {
        await using IVectorSink sink = await _rig.OpenAsync(spec);
        await SinkRig.WriteAsync(sink, "w-1", "a", "bb");
        Assert.True(await sink.TryAbortAsync("w-2", default));
        await sink.FinishAsync(SinkRig.Summary with { Done = 2 }, default);
        VectorIndex index = (await VectorIndex.FindAsync(_rig.At("out"), default))!;
        VectorBlock block = Assert.Single(await index.ReadAsync(default).ToListAsync());
        Assert.Equal(["a", "bb"], block.Ids);
        Assert.Equal([1, -0.5f, 2, -0.5f], block.Numbers.ToArray());
    }

    [Fact]
    public async Task A_part_that_is_taken_out_counts_no_more_and_cannot_come_back()
    {
        await using IVectorSink sink = await _rig.OpenAsync("npy:out");
        await SinkRig.WriteAsync(sink, "w-1", "a");
        await SinkRig.WriteAsync(sink, "w-2", "b");
        IPartStore parts = ((FileSink)sink).Parts;
        await parts.WithdrawAsync("w-1", default);
        Assert.Equal("w-2", Assert.Single(await parts.ListAsync(default)).Part);
        await parts.RestoreAsync("w-1", default);
        Assert.Equal(2, (await parts.ListAsync(default)).Length);
        await parts.WithdrawAsync("w-1", default);
        Assert.Equal("w-1", Assert.Single(await parts.ListWithdrawnAsync(default)).Part);
        await parts.EndWithdrawalAsync("w-1", default);
        Assert.Empty(await parts.ListWithdrawnAsync(default));
        Assert.Equal(["out/part-w-2.ids.jsonl", "out/part-w-2.npy"], _rig.Seen());
        Assert.Equal(PartFate.Aborted, await parts.FateAsync("w-1", default));
    }

    private static float[] Numbers(int seed, int count)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle())];
    }

    private static async Task DemandRefusedAsync(Func<Task> action, string told)
    {
        SinkException refused = await Assert.ThrowsAsync<SinkException>(action);
        Assert.Equal(SinkFault.Refused, refused.Fault);
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
    }
}
