using System.Net;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Tests.Contracts;

public sealed class KeyTests
{
    private static readonly StageKey Stage = new(new("org/name|odd", 12, 1_795_510_597_908), 3);

    [Fact]
    public void A_stage_key_is_read_from_its_end_whatever_the_model_is_called() => Assert.Equal(Stage, StageKey.Parse(Stage.ToString()));

    [Fact]
    public void A_segment_grain_key_says_on_which_silo_the_stage_lives()
    {
        SegmentGrainKey key = new(Stage, SiloAddress.New(IPAddress.Parse("10.1.2.3"), 11_111, 77));
        Assert.Equal(key, SegmentGrainKey.Parse(key.ToString()));
    }
}
