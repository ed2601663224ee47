using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Requests;
using VitGrid.Transport;

namespace VitGrid.Cluster.Tests.Remote;

public sealed class FrameDispatcherTests
{
    public static TheoryData<ushort> Kinds =>
        [.. typeof(FrameKinds).GetFields(BindingFlags.Public | BindingFlags.Static).Select(kind => (ushort)kind.GetRawConstantValue()!)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_worker_has_a_use_for_every_kind_of_frame(ushort kind)
    {
        await using WireNode worker = new("worker"), other = new("other");
        Link link = await other.Peers.LinkAsync(worker.Address, default);
        // Nobody sent this: the handler that it reaches cannot read it, which is not the same as having no handler.
        Exception? unreadable = await Record.ExceptionAsync(
            () => worker.Dispatcher.HandleAsync(link, new(kind, new byte[] { 255 }, null)).AsTask());
        Assert.NotNull(unreadable);
        Assert.DoesNotContain("has no use for", unreadable.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FrameKinds.Image)]
    [InlineData(FrameKinds.Batch)]
    [InlineData(FrameKinds.Pooled)]
    [InlineData(999)]
    public async Task A_front_end_says_which_kind_it_has_no_use_for(ushort kind)
    {
        await using WireNode node = new("front-end"), other = new("worker");
        Link link = await node.Peers.LinkAsync(other.Address, default);
        FrameDispatcher dispatcher = new(
            new(node.Peers, node.Table, node.Frames, NullLogger<TableGossip>.Instance), node.Images);
        InvalidDataException useless = await Assert.ThrowsAsync<InvalidDataException>(
            () => dispatcher.HandleAsync(link, new(kind, default, null)).AsTask());
        Assert.Equal($"worker sent a frame of kind {kind}, which this process has no use for", useless.Message);
    }

    /// <summary>
    /// The bytes were written by build 3e75086: a grid is rolled from one build to the next under load. A request's id came to them,
    /// the upper half of the image's, a tenant, features, the devices it broke, planes: two bytes each for none, before the two that end
    /// the header.
    /// </summary>
    [Theory]
    [InlineData(
        Lane.Bulk,
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "20E820E8400974696E790105011DE021E800A9010D09030501421F8180F0FA0200000000416F30302D30616637363531393136636434336464"
        + "383434386562323131633830333139632D623761643662373136393230333333312D3031E0E0")]
    [InlineData(Lane.Interactive, null, "20E820E8400974696E790105011DE021E800A9010D09030101421F8180F0FA0200000000C101E0E0")]
    public async Task An_images_header_has_the_bytes_it_had_before_but_for_what_came_to_it(Lane lane, string? trace, string bytes)
    {
        await using WireNode node = new("node");
        ImageHeader header = new(new("tiny", 1, 7), new(42, 3, lane, 1_000, TimeSpan.FromSeconds(5), trace));
        Assert.Equal(bytes[..^4] + "C1010101C101C10101010101" + bytes[^4..], Convert.ToHexString(node.Frames.Write(header)));
        Assert.Equal(header, node.Frames.Read<ImageHeader>(new(FrameKinds.Image, Convert.FromHexString(bytes), null)));
    }
}
