using Microsoft.Extensions.Time.Testing;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.FrontEnd;

/// <summary>What a front end tells of the wait of the next image.</summary>
public sealed class BacklogForecastTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Backlog _backlog;

    public BacklogForecastTests() => _backlog = new(new(), _time);

    [Fact]
    public void A_model_that_nobody_asked_for_has_no_forecast_and_one_that_idles_has_no_wait()
    {
        Assert.Empty(_backlog.Forecasts());
        _backlog.Enter(Image()).Leave(answered: true);
        Assert.Equal([new NextImage("m", null, null)], _backlog.Forecasts());
    }

    [Fact]
    public void Under_load_each_lane_has_the_wait_by_which_late_images_are_refused()
    {
        PreparedImage image = Image();
        Backlog.Place[] places = [.. Enumerable.Range(0, 40).Select(_ => _backlog.Enter(image))];
        foreach (Backlog.Place place in places[..20])
        {
            _time.Advance(TimeSpan.FromSeconds(0.5));
            place.Leave(answered: true);
        }
        NextImage next = Assert.Single(_backlog.Forecasts());
        Assert.Equal(_backlog.Wait("m", Lane.Interactive, ""), next.Interactive);
        Assert.Equal(_backlog.Wait("m", Lane.Bulk, ""), next.Bulk);
        Assert.InRange(next.Interactive!.Value.TotalSeconds, 10, 11);
    }

    private static PreparedImage Image()
    {
        ModelInfo model = ModelInfo.From("m", TinyFacts.Create(), ModelState.Ready);
        EmbeddingRequest request = new() { Model = "m", Image = new byte[1] };
        return new(request, model, model.Profile, 4, TimeSpan.FromHours(1), TimeSpan.FromHours(1));
    }
}
