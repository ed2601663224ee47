using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;

namespace VitGrid.Server.Tests.Api;

public sealed class GridRefusalTests
{
    private static readonly string[] Four = [.. Enumerable.Range(0, 4).Select(i => Convert.ToBase64String(FakeGrid.Image(i)))];

    [Theory]
    [InlineData(ImageFault.UnsupportedFormat, 415, "unsupported_image_format")]
    [InlineData(ImageFault.DecodeFailed, 400, "image_decode_failed")]
    [InlineData(ImageFault.TooLarge, 413, "image_too_large")]
    public async Task A_refused_image_names_its_place(ImageFault fault, int status, string code)
    {
        await using TestApi door = await TestApi.OpenAsync();
        door.Grid.Answer = FailAt((2, new ImageException(fault, "what, limit, remedy")));
        (await door.JsonAsync(new { input = Four })).IsRefusal(status, code, "input[2]", "what, limit, remedy");
    }

    [Theory]
    [InlineData(GridFault.InvalidRequest, 400, "invalid_request", "")]
    [InlineData(GridFault.ModelNotFound, 404, "model_not_found", "")]
    [InlineData(GridFault.ImageBreaksDevices, 422, "image_not_computable", "")]
    [InlineData(GridFault.SegmentFailed, 500, "internal_error", "")]
    [InlineData(GridFault.Overloaded, 429, "overloaded", "1")]
    [InlineData(GridFault.ModelLoading, 503, "model_loading", "2")]
    [InlineData(GridFault.ModelFailed, 503, "model_failed", "60")]
    [InlineData(GridFault.Draining, 503, "draining", "5")]
    [InlineData(GridFault.DeadlineExceeded, 504, "deadline_exceeded", "")]
    public async Task A_refusal_of_the_grid_has_its_status_and_retry_after(GridFault fault, int status, string code, string retryAfter)
    {
        await using TestApi door = await TestApi.OpenAsync();
        door.Grid.Answer = (_, _) => Task.FromException<EmbeddingResult>(new GridException(fault, "what, limit, remedy"));
        foreach (string onError in (string[])["fail", "partial"])
        {
            Answer answer = await door.JsonAsync(new { input = Four, on_error = onError });
            if (status == 504 && onError == "partial")
                continue;
            answer.IsRefusal(status, code, null, "what, limit, remedy");
            Assert.Equal(retryAfter, answer.Header("Retry-After"));
        }
    }

    [Fact]
    public async Task An_unexpected_exception_is_a_500_without_its_text_and_is_logged_with_the_request_id()
    {
        await using TestApi door = await TestApi.OpenAsync();
        door.Grid.Answer = (_, _) => throw new InvalidOperationException("secret detail");
        Answer answer = await door.JsonAsync(new { input = Four });
        answer.IsRefusal(500, "internal_error", null, answer.Header("x-request-id"));
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
        Assert.Contains(door.Logs.Lines, line => line.Message.Contains(answer.Header("x-request-id"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_lowest_failing_image_is_reported_though_a_later_one_failed_first()
    {
        await using TestApi door = await TestApi.OpenAsync();
        TaskCompletionSource laterFailed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource lastCancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        door.Grid.Answer = async (request, cancellation) =>
        {
            switch (IndexOf(request))
            {
                case 1:
                    await laterFailed.Task;
                    throw new ImageException(ImageFault.DecodeFailed, "the lower one");
                case 2:
                    laterFailed.SetResult();
                    throw new ImageException(ImageFault.DecodeFailed, "the first in time");
                case 3:
                    cancellation.Register(lastCancelled.SetResult);
                    await lastCancelled.Task;
                    cancellation.ThrowIfCancellationRequested();
                    break;
                default:
                    break;
            }
            return FakeGrid.Result(FakeGrid.VectorOf(request.Image.Span));
        };
        (await door.JsonAsync(new { input = Four })).IsRefusal(400, "image_decode_failed", "input[1]", "the lower one");
        Assert.True(lastCancelled.Task.IsCompletedSuccessfully, "the image after the failing one was not cancelled");
    }

    [Fact]
    public async Task With_on_error_partial_a_refused_image_leaves_the_others()
    {
        await using TestApi door = await TestApi.OpenAsync();
        door.Grid.Answer = FailAt(
            (1, new ImageException(ImageFault.TooLarge, "too large")), (3, new GridException(GridFault.Overloaded, "full")));
        Answer answer = await door.JsonAsync(new { input = Four, on_error = "partial" });
        Assert.Equal(200, answer.Status);
        Assert.Equal(["embedding", "image_too_large", "embedding", "overloaded"], Enumerable.Range(0, 4).Select(i => CodeAt(answer, i)));
        Assert.Equal("input[3]", answer.Json.GetProperty("data")[3].GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task With_on_error_partial_what_concerns_the_whole_request_fails_it()
    {
        await using TestApi door = await TestApi.OpenAsync();
        door.Grid.Answer = FailAt((1, new GridException(GridFault.ModelLoading, "still loading")));
        (await door.JsonAsync(new { input = Four, on_error = "partial" })).IsRefusal(503, "model_loading", null, "still loading");
    }

    [Fact]
    public async Task A_client_that_leaves_cancels_its_images_and_is_no_error_in_the_log()
    {
        await using TestApi door = await TestApi.OpenAsync();
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        door.Grid.Answer = async (_, cancellation) =>
        {
            await using CancellationTokenRegistration told = cancellation.Register(() => cancelled.TrySetResult());
            arrived.TrySetResult();
            await cancelled.Task;
            throw new OperationCanceledException(cancellation);
        };
        using CancellationTokenSource client = new();
        using StringContent body = new($$"""{"input":"{{Four[0]}}"}""", System.Text.Encoding.UTF8, "application/json");
        Task<HttpResponseMessage> asking = door.Http.PostAsync("/v1/embeddings", body, client.Token);
        await arrived.Task;
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await door.App.StopAsync();
        Assert.DoesNotContain(door.Logs.Lines, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
        Assert.Contains(door.Logs.Lines, line => line.Message.Contains("client left", StringComparison.Ordinal));
    }

    private static Func<EmbeddingRequest, CancellationToken, Task<EmbeddingResult>> FailAt(
        params (int Index, Exception Failure)[] failures) =>
        (request, _) => failures.FirstOrDefault(failure => failure.Index == IndexOf(request)).Failure is { } failure
            ? Task.FromException<EmbeddingResult>(failure)
            : Task.FromResult(FakeGrid.Result(FakeGrid.VectorOf(request.Image.Span)));

    private static int IndexOf(EmbeddingRequest request) =>
        Enumerable.Range(0, 4).Single(i => FakeGrid.Image(i)[0] == request.Image.Span[0]);

    private static string? CodeAt(Answer answer, int index)
    {
        System.Text.Json.JsonElement item = answer.Json.GetProperty("data")[index];
        return item.TryGetProperty("error", out System.Text.Json.JsonElement error)
            ? error.GetProperty("code").GetString() : item.GetProperty("object").GetString();
    }
}
