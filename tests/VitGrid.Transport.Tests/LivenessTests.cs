namespace VitGrid.Transport.Tests;

/// <summary>When a peer counts as dead: 250 ms between beats, 1,500 ms of silence.</summary>
public sealed class LivenessTests
{
    private readonly Liveness _liveness = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(1_500), TimeSpan.Zero);

    [Fact]
    public void A_mute_peer_is_dead_after_the_period_of_silence_and_not_before()
    {
        Assert.All(Beats(250, 1_250), now => Assert.Equal(Beat.Ping, At(now)));
        Assert.Equal(Beat.Silent, At(1_500));
    }

    [Fact]
    public void Any_byte_is_life()
    {
        Assert.All(Beats(250, 60_000), now => Assert.NotEqual(Beat.Silent, At(now, received: now / 1_250)));
        Assert.Equal(TimeSpan.FromMilliseconds(60_000), _liveness.LastHeard);
    }

    [Fact]
    public void A_side_that_does_not_read_cannot_call_its_peer_silent_and_then_gives_it_a_whole_period()
    {
        Assert.All(Beats(250, 10_000), now => Assert.NotEqual(Beat.Silent, At(now, reading: false)));
        Assert.All(Beats(10_250, 11_250), now => Assert.NotEqual(Beat.Silent, At(now)));
        Assert.Equal(Beat.Silent, At(11_500));
    }

    [Theory]
    [InlineData(1_400)]
    [InlineData(20_000)]
    public void A_process_that_was_stopped_itself_gives_its_peers_a_whole_period(int stopped)
    {
        Assert.Equal(Beat.Ping, At(250));
        Assert.NotEqual(Beat.Silent, At(250 + stopped));
        Assert.All(Beats(500 + stopped, 1_500 + stopped), now => Assert.NotEqual(Beat.Silent, At(now)));
        Assert.Equal(Beat.Silent, At(1_750 + stopped));
    }

    [Fact]
    public void A_side_that_sends_needs_no_pings()
    {
        Assert.Equal(Beat.Rest, At(250, written: 1));
        Assert.Equal(Beat.Ping, At(500, written: 1));
        Assert.Equal(Beat.Rest, At(750, written: 2));
    }

    private Beat At(int milliseconds, long received = 0, long written = 0, bool reading = true) =>
        _liveness.Next(TimeSpan.FromMilliseconds(milliseconds), received, written, reading);

    private static IEnumerable<int> Beats(int first, int last) =>
        Enumerable.Range(0, ((last - first) / 250) + 1).Select(i => first + (i * 250));
}
