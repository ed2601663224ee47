using FsCheck.Xunit;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.FrontEnd;

public sealed class WaitForecastTests
{
    private const int Saturation = 4;

    private readonly WaitForecast _forecast = new(interactiveWeight: 4, Saturation);
    private TimeSpan _now;

    [Fact]
    public void Nothing_is_known_before_enough_images_were_answered_under_load()
    {
        Enter(Lane.Interactive, 20);
        Answer(Lane.Interactive, WaitForecast.Evidence - 1, Seconds(1));
        Assert.Null(_forecast.For(Lane.Interactive));
        Answer(Lane.Interactive, 1, Seconds(1));
        Assert.NotNull(_forecast.For(Lane.Interactive));
    }

    [Fact]
    public void An_image_waits_for_those_before_it_at_the_rate_seen()
    {
        Enter(Lane.Interactive, 30);
        Answer(Lane.Interactive, 10, Seconds(0.5));
        Assert.Equal(Seconds(10.5), _forecast.For(Lane.Interactive));
    }

    [Fact]
    public void An_interactive_image_is_passed_by_few_bulk_ones_and_a_bulk_one_by_as_many_as_the_weight_allows()
    {
        Enter(Lane.Interactive, 30);
        Answer(Lane.Interactive, 10, Seconds(1));
        Enter(Lane.Bulk, 100);
        // 20 of its own, 20 / 4 + 1 of the other lane, itself; and 100, the 20 that are there, itself.
        Assert.Equal(Seconds(27), _forecast.For(Lane.Interactive));
        Assert.Equal(Seconds(121), _forecast.For(Lane.Bulk));
    }

    [Fact]
    public void A_quiet_time_and_an_image_alone_say_nothing_of_the_rate()
    {
        Enter(Lane.Interactive, 30);
        Answer(Lane.Interactive, 30 - Saturation + 1, Seconds(0.1));
        Answer(Lane.Interactive, Saturation - 1, Seconds(9));
        _now += Seconds(3600);
        Enter(Lane.Interactive, 9);
        Assert.InRange(_forecast.For(Lane.Interactive)!.Value, Seconds(0.9), Seconds(1.5));
    }

    [Fact]
    public void However_slow_it_was_an_idle_grid_refuses_nobody()
    {
        Enter(Lane.Interactive, 30);
        Answer(Lane.Interactive, 30, Seconds(60));
        Assert.Null(_forecast.For(Lane.Interactive));
        Enter(Lane.Interactive, Saturation);
        Assert.NotNull(_forecast.For(Lane.Interactive));
    }

    [Fact]
    public void A_rate_that_fell_to_half_is_believed_before_what_was_accepted_has_used_its_time()
    {
        Enter(Lane.Interactive, 1_000);
        Answer(Lane.Interactive, 400, Seconds(0.01));
        // Of two seconds one may be waited: a hundred images at the rate that was, of which half are answered at the new one.
        Answer(Lane.Interactive, 100, Seconds(0.02));
        double forecast = _forecast.For(Lane.Interactive)!.Value.TotalSeconds;
        Assert.InRange(forecast, 501 * 0.015, 501 * 0.02);
    }

    [Fact]
    public void Given_up_images_are_no_evidence()
    {
        Enter(Lane.Interactive, 30);
        _now += Seconds(10);
        for (int i = 0; i < 20; i++)
            _forecast.Leave(Lane.Interactive, answered: false, _now);
        Assert.Equal(10, _forecast.Present);
        Assert.Null(_forecast.For(Lane.Interactive));
    }

    [Fact]
    public void A_device_that_became_four_times_as_fast_is_believed_after_some_answers()
    {
        Enter(Lane.Interactive, 2_000);
        Answer(Lane.Interactive, 500, Seconds(0.1));
        Answer(Lane.Interactive, 1_000, Seconds(0.025));
        Assert.InRange(_forecast.For(Lane.Interactive)!.Value, Seconds(500 * 0.025), Seconds(500 * 0.035));
    }

    [Property]
    public bool More_ahead_is_never_a_shorter_wait(byte interactive, byte bulk, bool moreBulk)
    {
        Enter(Lane.Interactive, 30);
        Answer(Lane.Interactive, 10, Seconds(1));
        Enter(Lane.Interactive, interactive);
        Enter(Lane.Bulk, bulk);
        (TimeSpan? Interactive, TimeSpan? Bulk) before = (_forecast.For(Lane.Interactive), _forecast.For(Lane.Bulk));
        Enter(moreBulk ? Lane.Bulk : Lane.Interactive, 1);
        return _forecast.For(Lane.Interactive) >= before.Interactive && _forecast.For(Lane.Bulk) >= before.Bulk;
    }

    private void Enter(Lane lane, int count)
    {
        for (int i = 0; i < count; i++)
            _forecast.Enter(lane, _now);
    }

    /// <summary>Answers one image each time <paramref name="apart"/> has passed.</summary>
    private void Answer(Lane lane, int count, TimeSpan apart)
    {
        for (int i = 0; i < count; i++)
        {
            _now += apart;
            _forecast.Leave(lane, answered: true, _now);
        }
    }

    private static TimeSpan Seconds(double count) => TimeSpan.FromSeconds(count);
}
