using System.Net;
using System.Text;
using VitGrid.Client;
using VitGrid.LoadTest.Failures;

namespace VitGrid.LoadTest.Tests.Failures;

/// <summary>How one answer is judged.</summary>
public sealed class OpenLoopTests
{
    private static readonly Truth Truth = new([([1], [1f, 2f]), ([2], [3f, 4f])]);

    [Fact]
    public async Task The_true_vector_counts_as_answered() =>
        Assert.Equal((Outcome.Answered, null), await AskAsync(0, () => Vector(1f, 2f)));

    [Fact]
    public async Task A_vector_that_differs_in_its_last_bit_is_wrong() =>
        Assert.Equal((Outcome.Wrong, null), await AskAsync(0, () => Vector(1f, MathF.BitIncrement(2f))));

    [Fact]
    public async Task Another_images_vector_is_wrong() =>
        Assert.Equal((Outcome.Wrong, null), await AskAsync(1, () => Vector(1f, 2f)));

    [Fact]
    public async Task A_refusal_fails_with_its_status_and_code() =>
        Assert.Equal((Outcome.Failed, "503 model_loading"), await AskAsync(0, () => Answer(
            HttpStatusCode.ServiceUnavailable,
            """{"error":{"message":"wait","type":"server_error","param":null,"code":"model_loading"}}""")));

    [Fact]
    public async Task A_broken_connection_fails() =>
        Assert.Equal(
            (Outcome.Failed, "broken off (ConnectionError)"),
            await AskAsync(0, () => throw new HttpRequestException(HttpRequestError.ConnectionError)));

    [Fact]
    public async Task Every_request_goes_past_the_cache_with_a_deadline()
    {
        string? body = null;
        await AskAsync(0, () => Vector(1f, 2f), sent => body = sent);
        Assert.Contains("\"cache\":\"bypass\"", body, StringComparison.Ordinal);
        Assert.Contains("\"timeout_ms\":10000", body, StringComparison.Ordinal);
    }

    private static async Task<(Outcome Outcome, string? Fault)> AskAsync(
        int index, Func<HttpResponseMessage> answer, Action<string>? sent = null)
    {
        using FakeApi door = new(answer, sent);
        using HttpClient http = new(door) { BaseAddress = new("http://127.0.0.1:1/") };
        return await OpenLoop.AskAsync(new VitGridClient(http), Truth, index);
    }

    private static HttpResponseMessage Vector(params float[] numbers) => Answer(
        HttpStatusCode.OK,
        $$"""
        {"object":"list","data":[{"object":"embedding","index":0,
         "embedding":"{{Convert.ToBase64String([.. numbers.SelectMany(BitConverter.GetBytes)])}}"}],
         "model":"m","usage":{"prompt_tokens":1,"total_tokens":1,"images":1},"id":"emb-1","created":1}
        """);

    private static HttpResponseMessage Answer(HttpStatusCode status, string body) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private sealed class FakeApi(Func<HttpResponseMessage> answer, Action<string>? sent) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            sent?.Invoke(await request.Content!.ReadAsStringAsync(cancellationToken));
            return answer();
        }
    }
}
