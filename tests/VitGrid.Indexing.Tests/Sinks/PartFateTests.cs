using VitGrid.Indexing.Formats;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Files;

namespace VitGrid.Indexing.Tests.Sinks;

public sealed class PartFateTests : IDisposable
{
    private readonly SinkRig _rig = new();

    public static TheoryData<string> Sinks => FileSinkTests.Sinks;

    public void Dispose() => _rig.Dispose();

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task An_owner_that_wakes_up_after_the_abort_cannot_commit_what_it_had_prepared(string spec)
    {
        await using IVectorSink owner = await _rig.OpenAsync(spec);
        await using IVectorSink heir = await _rig.OpenAsync(spec);
        await owner.PrepareAsync("p", SinkRig.Rows("a"), default);

        Assert.True(await heir.TryAbortAsync("p", default));
        await DemandAbortedAsync(() => owner.CommitAsync("p", SinkRig.Rows("a"), default));
        await DemandAbortedAsync(() => owner.PrepareAsync("p", SinkRig.Rows("a"), default));
        await DemandAbortedAsync(() => owner.CommitAsync("p", SinkRig.Rows("a"), default));
        DemandNothingLeft();
    }

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task An_owner_that_had_written_nothing_when_its_part_was_aborted_never_can(string spec)
    {
        await using IVectorSink owner = await _rig.OpenAsync(spec);
        await using IVectorSink heir = await _rig.OpenAsync(spec);

        Assert.True(await heir.TryAbortAsync("p", default));
        await DemandAbortedAsync(() => owner.PrepareAsync("p", SinkRig.Rows("a"), default));
        await DemandAbortedAsync(() => owner.CommitAsync("p", SinkRig.Rows("a"), default));
        DemandNothingLeft();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task An_owner_that_was_frozen_while_it_wrote_finds_its_part_aborted(int within)
    {
        FrozenFormat frozen = new(PartFormats.Npy(NumberFormat.Float32), within);
        await using FileSink owner = new(FileTarget.Folder("npy", _rig.At("out")), frozen.Format, "job");
        await owner.OpenAsync(SinkRig.Schema, default);
        await using IVectorSink heir = await _rig.OpenAsync("npy:out");
        Task preparing = owner.PrepareAsync("p", SinkRig.Rows("a"), default);
        await frozen.Reached;

        Assert.True(await heir.TryAbortAsync("p", default));
        frozen.Thaw();
        await DemandAbortedAsync(() => preparing);
        await DemandAbortedAsync(() => owner.CommitAsync("p", SinkRig.Rows("a"), default));
        DemandNothingLeft();
    }

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task A_committed_part_cannot_be_aborted_and_its_owner_may_commit_it_again(string spec)
    {
        await using IVectorSink owner = await _rig.OpenAsync(spec);
        await using IVectorSink heir = await _rig.OpenAsync(spec);
        await SinkRig.WriteAsync(owner, "p", "a");

        Assert.False(await heir.TryAbortAsync("p", default));
        await SinkRig.WriteAsync(owner, "p", "a");
        await heir.FinishAsync(SinkRig.Summary with { Done = 1 }, default);
    }

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task An_abort_may_be_asked_for_again(string spec)
    {
        await using IVectorSink heir = await _rig.OpenAsync(spec);
        Assert.True(await heir.TryAbortAsync("p", default));
        Assert.True(await heir.TryAbortAsync("p", default));
    }

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task A_part_may_be_named_after_an_address(string spec)
    {
        await using IVectorSink sink = await _rig.OpenAsync(spec);
        await SinkRig.WriteAsync(sink, "S127.0.0.1:11111@7/a-1", "a");
        Assert.False(await sink.TryAbortAsync("S127.0.0.1:11111@7/a-1", default));
    }

    private static async Task DemandAbortedAsync(Func<Task> action) =>
        Assert.Equal(SinkFault.PartAborted, (await Assert.ThrowsAsync<SinkException>(action)).Fault);

    private void DemandNothingLeft() => Assert.Equal(
        ["p.aborted", "vitgrid.json"], _rig.Remaining().Select(Path.GetFileName).Order(StringComparer.Ordinal));
}
