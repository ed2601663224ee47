using System.Runtime.CompilerServices;
using VitGrid.Grains.Batching;
using VitGrid.Grains.Contracts;

namespace VitGrid.Grains.Tests.Batching;

public sealed class BatcherCallsTests
{
    [Fact]
    public async Task A_batcher_that_goes_while_it_is_called_is_a_lost_replica_and_the_picture_begins_again_elsewhere()
    {
        LocalBatchers batchers = BatcherCalls.Through(_ => new Going());
        ReplicaLostException lost = await Assert.ThrowsAsync<ReplicaLostException>(() => batchers(new("tiny", 0, 7), null!, default));
        Assert.StartsWith("the batcher of replica tiny/0/7 went while it was called: ", lost.Message, StringComparison.Ordinal);
    }

    private sealed class Going : IBatcherGrain
    {
        // Its constructors are Orleans' own.
        public Task<PictureAnswer> EmbedAsync(PictureOrder order, CancellationToken cancellation) =>
            Task.FromException<PictureAnswer>((Exception)RuntimeHelpers.GetUninitializedObject(typeof(OrleansMessageRejectionException)));
    }
}
