using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Tests.Sinks;

public sealed class FinishTests : IDisposable
{
    private readonly SinkRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Lines_are_joined_in_the_order_of_parts_into_a_file_that_appears_at_the_end()
    {
        await using IVectorSink sink = await _rig.OpenAsync("jsonl:out.jsonl");
        await SinkRig.WriteAsync(sink, "w-2", "c");
        await SinkRig.WriteAsync(sink, "w-1", "a", "b \"q\" ü");
        Assert.False(File.Exists(_rig.At("out.jsonl")));
        await sink.FinishAsync(SinkRig.Summary with { Done = 3 }, default);

        Assert.Equal(
            """
            {"id":"a","model":"nano","dimensions":2,"embedding":[1,-0.5]}
            {"id":"b \"q\" ü","model":"nano","dimensions":2,"embedding":[7,-0.5]}
            {"id":"c","model":"nano","dimensions":2,"embedding":[1,-0.5]}

            """.ReplaceLineEndings("\n"),
            await File.ReadAllTextAsync(_rig.At("out.jsonl")));
    }

    [Fact]
    public async Task Several_may_finish_and_finish_again()
    {
        await using IVectorSink one = await _rig.OpenAsync("jsonl:out.jsonl");
        await using IVectorSink other = await _rig.OpenAsync("jsonl:out.jsonl");
        await SinkRig.WriteAsync(one, "w1-1", "a");
        await SinkRig.WriteAsync(other, "w2-1", "b");
        foreach (IVectorSink sink in (IVectorSink[])[one, other, one])
            await sink.FinishAsync(SinkRig.Summary with { Done = 2 }, default);
        Assert.Equal(["a", "b"], SinkRig.Ids(_rig.At("out.jsonl")));
    }

    [Fact]
    public async Task Parts_that_come_after_the_end_are_in_the_next_one()
    {
        await using IVectorSink sink = await _rig.OpenAsync("jsonl:out.jsonl");
        await SinkRig.WriteAsync(sink, "w-1", "a");
        await sink.FinishAsync(SinkRig.Summary with { Done = 1, Dead = 1 }, default);

        await using IVectorSink retry = await _rig.OpenAsync("jsonl:out.jsonl");
        await SinkRig.WriteAsync(retry, "w-2", "b");
        await retry.FinishAsync(SinkRig.Summary with { Done = 2 }, default);
        Assert.Equal(["a", "b"], SinkRig.Ids(_rig.At("out.jsonl")));
    }

    [Fact]
    public async Task A_file_that_was_lost_is_joined_again()
    {
        await using IVectorSink sink = await _rig.OpenAsync("jsonl:out.jsonl");
        await SinkRig.WriteAsync(sink, "w-1", "a");
        await sink.FinishAsync(SinkRig.Summary with { Done = 1 }, default);
        File.Delete(_rig.At("out.jsonl"));
        await sink.FinishAsync(SinkRig.Summary with { Done = 1 }, default);
        Assert.Equal(["a"], SinkRig.Ids(_rig.At("out.jsonl")));
    }

    [Fact]
    public async Task What_dead_workers_left_is_removed_and_a_live_one_writes_its_part_again()
    {
        await using IVectorSink dead = await _rig.OpenAsync("npy:out");
        await using IVectorSink live = await _rig.OpenAsync("npy:out");
        await dead.PrepareAsync("dead-1", SinkRig.Rows("x"), default);
        await live.PrepareAsync("live-1", SinkRig.Rows("a"), default);
        await File.WriteAllTextAsync(_rig.At("out", "_vitgrid", ".joined-0.tmp"), "half");

        await live.FinishAsync(SinkRig.Summary, default);
        Assert.DoesNotContain(_rig.Remaining(), file => file.EndsWith(".tmp", StringComparison.Ordinal));

        await live.CommitAsync("live-1", SinkRig.Rows("a"), default);
        Assert.Equal(["a"], SinkRig.Ids(_rig.At("out", "part-live-1.ids.jsonl")));
    }

    [Fact]
    public async Task Rows_that_a_worker_wrote_into_another_folder_are_missed()
    {
        await using IVectorSink sink = await _rig.OpenAsync("parquet:out");
        await SinkRig.WriteAsync(sink, "w-1", "a");
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => sink.FinishAsync(SinkRig.Summary with { Done = 2 }, default));
        Assert.Contains("2 items are done, but the parts hold 1 rows; every worker must see the same folder", refused.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_without_vectors_ends_with_an_empty_file()
    {
        await using IVectorSink sink = await _rig.OpenAsync("jsonl:out.jsonl");
        await sink.FinishAsync(SinkRig.Summary with { Dead = 4 }, default);
        Assert.Empty(await File.ReadAllBytesAsync(_rig.At("out.jsonl")));
    }
}
