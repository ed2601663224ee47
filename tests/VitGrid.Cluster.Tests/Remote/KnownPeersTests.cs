using VitGrid.Cluster.Remote;
using VitGrid.Cluster.Tables;
using VitGrid.Transport;

namespace VitGrid.Cluster.Tests.Remote;

public sealed class KnownPeersTests
{
    private readonly TableStore _table = new();
    private readonly StagePeers _stages = new();

    [Fact]
    public void A_worker_of_the_table_is_known_by_its_incarnation_and_a_name_alone_is_not_enough()
    {
        KnownPeers known = new(_table, _stages);
        Assert.False(known.Contains(Peer("a", 7)));
        _table.Offer(new(1, [], [new(new("a", 7, null), 1, false, [])]));
        Assert.Equal((true, false, false), (known.Contains(Peer("a", 7)), known.Contains(Peer("a", 8)), known.Contains(Peer("b", 7))));
        _table.Offer(new(2, [], []));
        Assert.False(known.Contains(Peer("a", 7)));
    }

    [Fact]
    public void A_process_of_a_stages_layout_is_known_for_as_long_as_the_stage_is_here()
    {
        KnownPeers known = new(_table, _stages);
        _stages.Open(new(new("m", 0, 5), [new(0, 2, new("head", 1, null), "cpu:0", 1), new(2, 2, new("next", 2, null), "cpu:0", 1)]), 1);
        Assert.Equal((true, true), (known.Contains(Peer("head", 1)), known.Contains(Peer("next", 2))));
        Assert.False(known.Contains(Peer("head", 2)), "another run of the head is not in the layout");
        Assert.True(_stages.IsBefore(new(new("m", 0, 5), 1), Peer("head", 1)));
        Assert.False(_stages.IsBefore(new(new("m", 0, 5), 1), Peer("next", 2)));
        Assert.False(_stages.IsOf(new("m", 0, 5), Peer("head", 1)), "the head is not here");
        _stages.Close(new(new("m", 0, 5), 1));
        Assert.False(known.Contains(Peer("head", 1)));
    }

    private static NodeIdentity Peer(string node, long incarnation) => new("grid", node, incarnation);
}
