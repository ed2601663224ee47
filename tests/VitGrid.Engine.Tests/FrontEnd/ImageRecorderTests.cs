using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.FrontEnd;

/// <summary>What a front end logs of its images.</summary>
public sealed class ImageRecorderTests
{
    private static readonly GridException Failure = new(GridFault.SegmentFailed, "broken");
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void At_debug_each_image_is_followed_by_its_request()
    {
        KeptLog<ImageRecorder> log = new(LogLevel.Debug);
        ImageRecorder recorder = Recorder(log);
        recorder.Asked(Image("r-1"));
        EmbeddingTimings timings = new(default, default, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        recorder.Embedded(Image("r-1"), new(new float[4], false, 5, timings));
        recorder.Embedded(Image("r-2"), new(new float[4], true, 5, default));
        recorder.NotEmbedded(Image("r-3"), new GridException(GridFault.Overloaded, "full"));
        Assert.Equal(
            [
                "Image of request r-1 is asked for: model m, layer 4",
                "Image of request r-1 is answered by model m: waited 00:00:01, computed 00:00:02",
                "Image of request r-2 is answered from the cache of model m",
                "Image of request r-3 is not answered by model m (refused): full",
            ],
            log.Lines.Select(line => line.Message));
        Assert.All(log.Lines, line => Assert.Equal(LogLevel.Debug, line.Level));
    }

    [Fact]
    public void Failed_images_are_told_of_once_a_second_with_their_number_and_the_last_ones_request()
    {
        KeptLog<ImageRecorder> log = new(LogLevel.Information);
        ImageRecorder recorder = Recorder(log);
        for (int i = 0; i < 100; i++)
            recorder.NotEmbedded(Image($"r-{i}"), Failure);
        _time.Advance(TimeSpan.FromSeconds(1));
        recorder.NotEmbedded(Image("r-100"), new GridException(GridFault.DeadlineExceeded, "too late"));
        Assert.Equal(
            [
                "1 images were not answered since this was last said; the last one, of request r-0 for model m, has failed: broken",
                "100 images were not answered since this was last said; the last one, of request r-100 for model m, has expired: too late",
            ],
            log.Lines.Select(line => line.Message));
        Assert.All(log.Lines, line => Assert.Equal(LogLevel.Warning, line.Level));
    }

    [Fact]
    public void Neither_refused_nor_cancelled_images_are_told_of_by_default()
    {
        KeptLog<ImageRecorder> log = new(LogLevel.Information);
        Recorder(log).NotEmbedded(Image("r-1"), new GridException(GridFault.Overloaded, "full"));
        Recorder(log).NotEmbedded(Image("r-1"), new OperationCanceledException());
        Assert.Empty(log.Lines);
    }

    [Fact]
    public void An_image_that_is_answered_is_recorded_without_allocating_while_debug_is_off()
    {
        ImageRecorder recorder = Recorder(new(LogLevel.Information));
        PreparedImage image = Image("r-1");
        EmbeddingResult result = new(new float[4], false, 5, default);
        Record();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
            Record();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Record()
        {
            recorder.Asked(image);
            recorder.LookedUp(image, TimeSpan.Zero);
            recorder.Embedded(image, result);
        }
    }

    private static PreparedImage Image(string requestId)
    {
        ModelInfo model = ModelInfo.From("m", TinyFacts.Create(), ModelState.Ready);
        EmbeddingRequest request = new() { Model = "m", Image = new byte[1], RequestId = requestId };
        return new(request, model, model.Profile, 4, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    private ImageRecorder Recorder(KeptLog<ImageRecorder> log) => new(PlayedMeters.Metrics(), _time, log);
}
