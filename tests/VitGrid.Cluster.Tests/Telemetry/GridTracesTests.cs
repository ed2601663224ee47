using System.Collections.Concurrent;
using System.Diagnostics;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Telemetry;

namespace VitGrid.Cluster.Tests.Telemetry;

public sealed class GridTracesTests
{
    [Fact]
    public async Task An_image_is_followed_from_the_door_through_its_batch_and_segments()
    {
        await using TestGrid grid = await TestGrid.StartAsync(TestGrid.Options(segments: 2, devices: 2));
        ConcurrentQueue<Activity> ended = [];
        using ActivityListener listener = Listen(ended.Enqueue);
        using Activity client = new Activity("client").Start();
        await grid.EmbedAsync(TestGrid.Image(1) with { RequestId = "r-1" });
        client.Stop();
        await grid.LeftAfterDrainAsync();

        Activity[] spans = [.. ended.Where(span => span.TraceId == client.TraceId)];
        Activity image = spans.Single(span => span.OperationName == "image"), batch = spans.Single(span => span.OperationName == "batch");
        Assert.Equal(client.SpanId, image.ParentSpanId);
        Assert.Equal("r-1", image.GetTagItem("vitgrid.request.id"));
        Assert.Equal(["decode", "infer", "queue"], spans.Where(span => span.ParentSpanId == image.SpanId).Select(
            span => span.OperationName).Order());
        Assert.Equal(spans.Single(span => span.OperationName == "queue").SpanId, batch.ParentSpanId);
        Assert.Single(batch.Links);
        Assert.Equal(["segment", "segment", "transfer"], spans.Where(span => span.ParentSpanId == batch.SpanId).Select(
            span => span.OperationName).Order());
        Assert.All(spans, span => Assert.True(span.Duration >= TimeSpan.Zero, span.OperationName));
    }

    [Fact]
    public void A_batch_belongs_to_the_first_of_its_images_that_is_recorded()
    {
        using ActivityListener listener = Listen(_ => { });
        string[] images = [.. new[] { "00", "01", "01" }.Select(
            (flags, i) => $"00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333{i}-{flags}")];
        using Activity? batch = GridTraces.Batch("m", [null, .. images]);
        Assert.Equal((images[1], 3), (batch!.ParentId, batch.Links.Count()));
    }

    [Fact]
    public void While_nobody_listens_nothing_is_made() =>
        Assert.Equal((null, null),
            (GridTraces.Within("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "segment", "m"), GridTraces.Batch("m", null)));

    private static ActivityListener Listen(Action<Activity> stopped)
    {
        ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == GridTraces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = stopped,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
