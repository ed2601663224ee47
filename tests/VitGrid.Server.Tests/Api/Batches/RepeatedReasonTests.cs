using Microsoft.Extensions.Time.Testing;
using VitGrid.Server.Api.OpenAi.Batches;

namespace VitGrid.Server.Tests.Api.Batches;

/// <summary>How often a log says why something that is tried twice a second does not go.</summary>
public sealed class RepeatedReasonTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RepeatedReason _reason;

    public RepeatedReasonTests() => _reason = new(_time);

    [Fact]
    public void The_same_reason_is_said_once_a_minute()
    {
        Assert.True(_reason.IsNews("away"));
        for (int i = 0; i < 119; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.5));
            Assert.False(_reason.IsNews("away"));
        }
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.True(_reason.IsNews("away"));
    }

    [Fact]
    public void Another_reason_is_said_at_once() => Assert.Equal(
        [true, true, true], ((string[])["away", "full", "away"]).Select(_reason.IsNews));

    [Fact]
    public void The_same_reason_is_said_again_after_it_went()
    {
        Assert.True(_reason.IsNews("away"));
        _reason.Forget();
        Assert.True(_reason.IsNews("away"));
    }
}
