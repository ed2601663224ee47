using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>Alone, so that what is allocated is its own.</summary>
[CollectionDefinition(nameof(SinkMemoryTests), DisableParallelization = true)]
[Collection(nameof(SinkMemoryTests))]
public sealed class SinkMemoryTests : IDisposable
{
    private const int Parts = 16;
    private readonly SinkRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Joining_takes_a_buffer_however_large_the_parts_are()
    {
        SinkSchema schema = SinkRig.Schema with { Dimensions = 1 << 20 };
        SinkRow[] rows = [new("a", new float[schema.Dimensions])];
        await using IVectorSink sink = await _rig.OpenAsync("jsonl:out.jsonl", schema: schema);
        for (int part = 0; part < Parts; part++)
        {
            await sink.PrepareAsync($"p-{part}", rows, default);
            await sink.CommitAsync($"p-{part}", rows, default);
        }

        long before = GC.GetTotalAllocatedBytes(precise: true);
        await sink.FinishAsync(SinkRig.Summary with { Done = Parts }, default);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.True(new FileInfo(_rig.At("out.jsonl")).Length > Parts * 2L * schema.Dimensions);
        Assert.InRange(allocated, 0, 4 << 20);
    }
}
