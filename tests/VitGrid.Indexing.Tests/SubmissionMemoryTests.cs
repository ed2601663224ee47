using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Submission;

namespace VitGrid.Indexing.Tests;

/// <summary>What a submission holds. It looks at the memory of the whole process, so it runs alone.</summary>
[Collection(nameof(Alone))]
public sealed class SubmissionMemoryTests
{
    [RedisFact]
    public async Task A_hundred_thousand_lines_take_no_more_memory_than_a_page()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        JobStore jobs = new(rig.Connection, TimeProvider.System);
        IndexJob job = await rig.Service.OpenJobAsync("a", new("tiny", "jsonl:/nowhere/out.jsonl"), []);
        long most = 0, before = GC.GetTotalMemory(forceFullCollection: true);
        Submitter submitter = new(
            jobs, new(new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance),
            1_000_000)
        {
            Progress = progress => most = progress.Items % 20_000 == 0
                ? Math.Max(most, GC.GetTotalMemory(forceFullCollection: true)) : most,
        };
        IEnumerable<SourceLine> lines = Enumerable.Range(0, 100_000).Select(
            i => SourceLine.From($"image-{i:000000}", $"file:///images/{new string('x', 200)}/{i}.jpg", "line"));
        await submitter.RunAsync(job, lines, CancellationToken.None);
        Assert.Equal(100_000, await rig.Database.StreamLengthAsync(IndexKeys.Stream));
        Assert.InRange(most - before, long.MinValue, 8_000_000);
    }
}
