using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;
using VitGrid.Server.Verbs.Embed;

namespace VitGrid.Server.Tests.Verbs;

public sealed class EmbedPipelineTests : IDisposable
{
    private static readonly EmbeddingRequest Template = new() { Model = "m", Image = default };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Results_come_in_input_order_however_the_grid_finishes()
    {
        TaskCompletionSource secondDone = new();
        EmbedPipeline pipeline = Pipeline(window: 2, async (request, _) =>
        {
            if (Content(request) == "first")
                await secondDone.Task;
            else
                secondDone.SetResult();
            return Result(Content(request).Length);
        });

        EmbedOutcome[] outcomes = await CollectAsync(pipeline, [Write("1.png", "first"), Write("2.png", "second!")]);

        Assert.Equal([(0, 5f), (1, 7f)], outcomes.Select(outcome => (outcome.Index, outcome.Vector![0])));
    }

    [Fact]
    public async Task No_more_images_are_under_way_than_the_window_allows()
    {
        int underWay = 0, most = 0;
        EmbedPipeline pipeline = Pipeline(window: 3, async (_, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref underWay));
            await Task.Yield();
            Interlocked.Decrement(ref underWay);
            return Result(1);
        });

        await CollectAsync(pipeline, [.. Enumerable.Range(0, 40).Select(i => Write($"{i}.png", "x"))]);

        Assert.InRange(most, 1, 3);
    }

    [Fact]
    public async Task A_bad_image_becomes_an_error_and_the_run_goes_on()
    {
        EmbedPipeline pipeline = Pipeline(window: 2, (request, _) => Content(request) == "bad"
            ? Task.FromException<EmbeddingResult>(new ImageException(ImageFault.DecodeFailed, "cut off"))
            : Task.FromResult(Result(1)));

        EmbedOutcome[] outcomes = await CollectAsync(pipeline, [Write("a.png", "bad"), _folder.At("absent.png"), Write("c.png", "good")]);

        Assert.Equal(["image_decode_failed", "file_not_found", null], outcomes.Select(outcome => outcome.Error?.Code));
        Assert.NotNull(outcomes[2].Vector);
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused_unread()
    {
        string path = _folder.At("large.png");
        await using (FileStream large = File.Create(path))
            large.SetLength(new ImageLimits().MaxFileBytes + 1);

        EmbedOutcome outcome = Assert.Single(await CollectAsync(Pipeline(1, (_, _) => Task.FromResult(Result(1))), [path]));

        Assert.Equal("image_too_large", outcome.Error!.Code);
        Assert.Contains("20000001 bytes, the limit is 20000000 bytes", outcome.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_of_the_grid_ends_the_run_and_cancels_what_is_under_way()
    {
        TaskCompletionSource cancelled = new(), underWay = new(TaskCreationOptions.RunContinuationsAsynchronously);
        EmbedPipeline pipeline = Pipeline(window: 2, async (request, cancellationToken) =>
        {
            if (Content(request) == "first")
            {
                await underWay.Task;
                throw new GridException(GridFault.ModelFailed, "no such luck");
            }
            using CancellationTokenRegistration seen = cancellationToken.Register(cancelled.SetResult);
            underWay.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return Result(1);
        });

        await Assert.ThrowsAsync<GridException>(() => CollectAsync(pipeline, [Write("1.png", "first"), Write("2.png", "second")]));
        Assert.True(cancelled.Task.IsCompletedSuccessfully);
    }

    private static EmbedPipeline Pipeline(int window, Func<EmbeddingRequest, CancellationToken, Task<EmbeddingResult>> grid) =>
        new(grid, new ImageReader(
            new ImageLimits(), () => Stream.Null, ImageReader.OpenTimeout), Template, vector => vector.ToArray(), window);

    private static async Task<EmbedOutcome[]> CollectAsync(EmbedPipeline pipeline, string[] paths)
    {
        List<EmbedOutcome> outcomes = [];
        await foreach (EmbedOutcome outcome in pipeline.RunAsync([.. paths.Select(path => new ImageFile(path, path))], default))
            outcomes.Add(outcome);
        return [.. outcomes];
    }

    private string Write(string name, string text) => _folder.Write(name, text);

    private static string Content(EmbeddingRequest request) => System.Text.Encoding.UTF8.GetString(request.Image.Span);

    private static EmbeddingResult Result(float value) => new(new[] { value }, false, 1, default);
}
