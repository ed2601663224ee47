using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.FrontEnd;

/// <summary>The door when several tenants come: whoever has filled it is refused first.</summary>
public sealed class TenantAdmissionTests
{
    private readonly Admission _admission = new(new() { MaxImages = 64, MaxBytes = 64_000_000 }, new(new(), TimeProvider.System));

    [Fact]
    public void A_tenant_alone_may_fill_the_lane_and_is_refused_first_once_it_is_full()
    {
        Assert.Equal(48, Admit("flood", 100));
        Assert.Equal(6, Admit("other", 100));
        Assert.Equal(0, Admit("flood", 1));
    }

    [Fact]
    public void Beside_others_a_tenant_takes_half_of_the_lane_at_most_and_each_other_its_equal_part()
    {
        Admit("other", 1);
        Assert.Equal(24, Admit("flood", 100));
        Assert.Equal(20, Admit("other", 20));
        GridException refusal = Assert.Throws<GridException>(() => _admission.Admit("a", Lane.Interactive, 1, "flood"));
        Assert.Contains("45 images of several callers wait in the interactive lane of model 'a', 24 of them yours",
            refusal.Message, StringComparison.Ordinal);
        Assert.Equal(GridFault.Overloaded, refusal.Fault);
    }

    [Fact]
    public void A_tenant_that_has_filled_the_bytes_with_another_model_is_refused_first_too()
    {
        Assert.Equal(4, Admit("flood", 100, bytes: 10_000_000));
        using Charge other = _admission.Admit("b", Lane.Interactive, 10_000_000, "other");
        Assert.Equal(0, Admit("flood", 1, bytes: 1_000_000));
    }

    [Fact]
    public void Whoever_holds_most_of_a_lane_stands_back_while_others_send_and_for_a_while_after()
    {
        Assert.DoesNotContain(true, Enumerable.Range(0, 20).Select(_ => StandsBack("flood")));
        Assert.False(StandsBack("other"));
        Assert.True(StandsBack("flood"));
        Assert.False(StandsBack("other"));
        bool[] later = [.. Enumerable.Range(0, Admission.MixedCooldown + 1).Select(_ =>
        {
            using Charge passing = _admission.Admit("a", Lane.Interactive, 1, "flood");
            return passing.StandsBack;
        })];
        Assert.Equal(Enumerable.Repeat(true, Admission.MixedCooldown), later[..^1]);
        Assert.False(later[^1]);

        bool StandsBack(string tenant) => _admission.Admit("a", Lane.Interactive, 1, tenant).StandsBack;
    }

    [Fact]
    public void Of_tenants_that_hold_alike_none_stands_back()
    {
        bool[] any = [.. Enumerable.Range(0, 20).SelectMany(_ => new[] { "a", "b" })
            .Select(tenant => _admission.Admit("a", Lane.Interactive, 1, tenant).StandsBack)];
        Assert.DoesNotContain(true, any);
    }

    [Fact]
    public void What_is_given_back_is_room_again_and_forgotten_tenants_share_no_longer()
    {
        Charge other = _admission.Admit("a", Lane.Interactive, 1, "other");
        Admit("flood", 24);
        Assert.Equal(0, Admit("flood", 1));
        other.Dispose();
        Assert.Equal(24, Admit("flood", 100));
    }

    [Fact]
    public void Hardly_used_lanes_refuse_nobody_however_many_tenants_there_are()
    {
        for (int i = 0; i < 10; i++)
            Admit($"tenant {i}", 1);
        Assert.Equal(13, Admit("burst", 13));
    }

    [Fact]
    public void A_forecast_counts_the_images_that_go_first_not_another_tenants_flood()
    {
        WaitForecast forecast = new(interactiveWeight: 4, saturation: 4);
        for (int i = 0; i < 30; i++)
            forecast.Enter(Lane.Interactive, TimeSpan.Zero, "flood");
        for (int i = 1; i <= 10; i++)
            forecast.Leave(Lane.Interactive, answered: true, TimeSpan.FromSeconds(i), "flood");
        Assert.Equal(TimeSpan.FromSeconds(21), forecast.For(Lane.Interactive, "flood"));
        Assert.Equal(TimeSpan.FromSeconds(2), forecast.For(Lane.Interactive, "other"));
        forecast.Enter(Lane.Interactive, TimeSpan.FromSeconds(10), "other");
        Assert.Equal(TimeSpan.FromSeconds(4), forecast.For(Lane.Interactive, "other"));
    }

    private int Admit(string tenant, int count, long bytes = 1) => Enumerable.Range(0, count).Count(_ =>
    {
        try
        {
            _admission.Admit("a", Lane.Interactive, bytes, tenant);
            return true;
        }
        catch (GridException)
        {
            return false;
        }
    });
}
