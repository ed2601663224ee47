using FsCheck.Xunit;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Tests.Sinks;

public sealed class ExactlyOnceTests
{
    private const int Items = 25;

    [Property(MaxTest = 60)]
    public async Task Whoever_dies_freezes_or_wakes_up_every_item_is_stored_exactly_once(byte[] script)
    {
        using SinkRig rig = new();
        await using IVectorSink sink = await rig.OpenAsync("npy:out;type=fp16");
        PlayedQueue queue = new(rig, Items);
        await queue.PlayAsync(script);
        DemandStored(rig, queue.Done);

        await queue.EndAsync();
        await sink.FinishAsync(SinkRig.Summary with { Done = Items }, default);
        Assert.Equal(Items, queue.Done.Count);
        Assert.Equal(queue.Done.Order(StringComparer.Ordinal), Stored(rig).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("jsonl:out.jsonl")]
    [InlineData("npy:out")]
    [InlineData("parquet:out")]
    public async Task Workers_that_open_write_and_finish_at_once_lose_none_of_each_others_parts(string spec)
    {
        using SinkRig rig = new();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() => WorkAsync(rig, spec, worker))));
        await using IVectorSink sink = await rig.OpenAsync(spec);
        await sink.FinishAsync(SinkRig.Summary with { Done = 4 * 5 }, default);
        Assert.Equal(4 * 5, Directory.EnumerateFiles(rig.Root, "*.entry.json", SearchOption.AllDirectories).Count());
        if (spec == "jsonl:out.jsonl")
            Assert.Equal(Enumerable.Range(0, 4 * 5).Select(i => $"{i / 5}-{i % 5}"), SinkRig.Ids(rig.At("out.jsonl")));
    }

    private static async Task WorkAsync(SinkRig rig, string spec, int worker)
    {
        await using IVectorSink sink = await rig.OpenAsync(spec);
        for (int i = 0; i < 5; i++)
            await PersistAsync(() => SinkRig.WriteAsync(sink, $"{worker}-{i}", $"{worker}-{i}"));
        await PersistAsync(() => sink.FinishAsync(SinkRig.Summary, default));
    }

    /// <summary>What another one's finish sweeps away while it is written is a passing failure.</summary>
    private static async Task PersistAsync(Func<Task> action)
    {
        for (bool done = false; !done;)
        {
            try
            {
                await action();
                done = true;
            }
            catch (SinkException exception) when (exception.IsTransient)
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>At any moment: nothing twice, and everything that was acknowledged.</summary>
    private static void DemandStored(SinkRig rig, IReadOnlySet<string> acknowledged)
    {
        string[] stored = Stored(rig);
        Assert.Equal(stored.Length, stored.Distinct().Count());
        Assert.Empty(acknowledged.Except(stored));
    }

    private static string[] Stored(SinkRig rig) =>
        [.. Directory.EnumerateFiles(rig.At("out"), "*.npy").SelectMany(array => SinkRig.Ids(Path.ChangeExtension(array, ".ids.jsonl")))];
}
