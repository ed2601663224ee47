using VitGrid.Cluster.Membership;

namespace VitGrid.Cluster.Tests.Membership;

/// <summary>When a silo that the membership lists is held for gone.</summary>
public sealed class DepartedSiloTests
{
    [Fact]
    public void A_refused_port_of_this_machine_is_proof_at_once() =>
        Assert.True(DepartedSilo.IsGone(Reach.Refused, isOfThisMachine: true, TimeSpan.Zero));

    [Fact]
    public void A_refused_port_of_another_machine_may_be_a_firewall_while_signs_of_life_come() =>
        Assert.False(DepartedSilo.IsGone(Reach.Refused, isOfThisMachine: false, DepartedSilo.MaxSilence - TimeSpan.FromTicks(1)));

    [Fact]
    public void One_that_cannot_be_reached_and_gives_no_sign_of_life_is_gone()
    {
        Assert.True(DepartedSilo.IsGone(Reach.Refused, isOfThisMachine: false, DepartedSilo.MaxSilence));
        Assert.True(DepartedSilo.IsGone(Reach.Silent, isOfThisMachine: true, DepartedSilo.MaxSilence));
    }

    [Fact]
    public void One_that_answers_is_never_gone() =>
        Assert.False(DepartedSilo.IsGone(Reach.Answered, isOfThisMachine: true, TimeSpan.MaxValue));

    [Theory]
    [InlineData(SiloStatus.Joining, true)]
    [InlineData(SiloStatus.Active, true)]
    [InlineData(SiloStatus.ShuttingDown, true)]
    [InlineData(SiloStatus.Stopping, true)]
    [InlineData(SiloStatus.Dead, false)]
    [InlineData(SiloStatus.None, false)]
    public void Only_those_that_take_part_are_looked_for(SiloStatus status, bool takesPart) =>
        Assert.Equal(takesPart, DepartedSilo.TakesPart(status));
}
