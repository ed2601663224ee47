using System.Runtime.CompilerServices;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Grains;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Tests.Grains;

public sealed class BatcherCallsTests
{
    [Fact]
    public async Task A_batcher_that_goes_while_it_is_called_is_a_lost_replica_and_the_image_begins_again_elsewhere()
    {
        LocalBatchers batchers = BatcherCalls.Through(_ => new Going());
        ReplicaLostException lost = await Assert.ThrowsAsync<ReplicaLostException>(() => batchers(new("tiny", 0, 7), null!, default));
        Assert.StartsWith("the batcher of replica tiny/0/7 went while it was called: ", lost.Message, StringComparison.Ordinal);
    }

    private sealed class Going : IBatcherGrain
    {
        // Its constructors are Orleans' own.
        public Task<ImageAnswer> EmbedAsync(ImageOrder order, CancellationToken cancellationToken) =>
            Task.FromException<ImageAnswer>((Exception)RuntimeHelpers.GetUninitializedObject(typeof(OrleansMessageRejectionException)));
    }
}
