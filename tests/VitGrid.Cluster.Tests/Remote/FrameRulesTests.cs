using VitGrid.Cluster.Remote;
using VitGrid.Transport;

namespace VitGrid.Cluster.Tests.Remote;

/// <summary>
/// What may come from whom, tried with real links: one that a worker opened, one that a stranger opened, one that was opened here.
/// </summary>
public sealed class FrameRulesTests
{
    [Theory]
    [InlineData(FrameKinds.Image, true, true, false)]
    [InlineData(FrameKinds.Cancel, true, true, false)]
    [InlineData(FrameKinds.Answer, false, false, true)]
    [InlineData(FrameKinds.Refusal, false, false, true)]
    [InlineData(FrameKinds.Batch, false, true, false)]
    [InlineData(FrameKinds.Credit, false, false, true)]
    [InlineData(FrameKinds.StaleBatch, false, false, true)]
    [InlineData(FrameKinds.Pooled, false, true, false)]
    [InlineData(FrameKinds.BatchFailed, false, true, false)]
    [InlineData(FrameKinds.Table, true, true, true)]
    [InlineData(FrameKinds.FeatureBatch, false, true, false)]
    [InlineData(FrameKinds.FeatureCredit, false, false, true)]
    [InlineData(FrameKinds.FeatureItem, false, true, false)]
    [InlineData(FrameKinds.FeatureAnswer, false, false, true)]
    [InlineData(999, false, false, false)]
    public async Task A_kind_comes_from_its_senders_and_over_its_links_alone(ushort kind, bool fromStranger, bool fromWorker, bool asAnswer)
    {
        await using WireNode node = new("node"), worker = new("worker"), stranger = new("stranger"), asked = new("asked");
        node.Friends.Add("worker");
        List<Link> accepted = [];
        node.Peers.Accepted += link =>
        {
            lock (accepted)
                accepted.Add(link);
        };
        await stranger.Peers.LinkAsync(node.Address, default);
        await worker.Peers.LinkAsync(node.Address, default);
        Link opened = await node.Peers.LinkAsync(asked.Address, default);
        Assert.True(SpinWait.SpinUntil(() => accepted.Count == 2, Waits.Limit), "not both were accepted");
        Assert.Equal(
            (fromStranger, fromWorker, asAnswer),
            (May(From("stranger")), May(From("worker")), May(opened)));

        Link From(string peer) => accepted.Single(link => link.Peer.Node == peer);

        bool May(Link link) => node.Dispatcher.Gate(link, kind) is not null;
    }

    [Fact]
    public async Task A_front_ends_certificate_brings_images_whatever_name_its_owner_gives()
    {
        using TestAuthority authority = new();
        await using WireNode worker = new("worker", tls: authority.Issue("worker"));
        await using WireNode door = new("friend", isWorker: false, tls: authority.Issue("door", CertificateRole.FrontEndName));
        worker.Friends.Add("friend");
        TaskCompletionSource<Link> accepted = new();
        worker.Peers.Accepted += accepted.SetResult;
        await door.Peers.LinkAsync(worker.Address, default);
        Link link = await accepted.Task.WaitAsync(Waits.Limit);
        IEnumerable<ushort> kinds = Enumerable.Range(0, 20).Select(kind => (ushort)kind);
        Assert.Equal([FrameKinds.Image, FrameKinds.Cancel], kinds.Where(kind => worker.Dispatcher.Gate(link, kind) is not null));
    }

    [Fact]
    public async Task A_front_end_takes_answers_and_tables_and_listens_to_nobody()
    {
        await using WireNode door = new("door", isWorker: false), head = new("head");
        Link link = await door.Peers.LinkAsync(head.Address, default);
        IEnumerable<ushort> kinds = Enumerable.Range(0, 20).Select(kind => (ushort)kind);
        Assert.Equal([FrameKinds.Answer, FrameKinds.Refusal, FrameKinds.Table, FrameKinds.FeatureAnswer], kinds.Where(
            kind => door.Dispatcher.Gate(link, kind) is not null));
        Assert.Null(door.Address.Endpoint);
        Assert.Equal(FrameRules.MaxTable, door.Dispatcher.Gate(link, FrameKinds.Table));
    }
}
