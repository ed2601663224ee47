using System.Net.Http.Headers;
using System.Text.Json;

namespace VitGrid.Server.Tests.Cluster;

/// <summary>Asks for the vector of one image again and again, past the cache, and compares each answer with what it must be.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _url;
    private readonly byte[] _image;
    private readonly float[] _expected;
    private readonly Task _running;
    private int _answered;

    public SteadyLoad(string url, string image, float[] expected)
    {
        _url = new($"{url}/v1/embeddings?cache=bypass");
        _image = File.ReadAllBytes(image);
        _expected = expected;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Waits until <paramref name="count"/> more requests were answered, each of them rightly.</summary>
    public async Task AnswerAsync(int count)
    {
        int target = Volatile.Read(ref _answered) + count;
        using CancellationTokenSource limit = new(StartedProcess.Timeout);
        while (Volatile.Read(ref _answered) < target)
        {
            if (_running.IsCompleted)
                await _running;
            Assert.False(limit.IsCancellationRequested, $"{count} more requests were never answered");
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    public static float[] Vector(JsonElement holder) =>
        [.. holder.GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle())];

    public static async Task<float[]> EmbedAsync(HttpClient client, Uri url, byte[] image)
    {
        using ByteArrayContent body = new(image);
        body.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using HttpResponseMessage answer = await client.PostAsync(url, body);
        string json = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, json);
        return Vector(JsonDocument.Parse(json).RootElement.GetProperty("data")[0]);
    }

    private async Task RunAsync()
    {
        using HttpClient client = new();
        while (!_stop.IsCancellationRequested)
        {
            Assert.Equal(_expected, await EmbedAsync(client, _url, _image));
            Interlocked.Increment(ref _answered);
        }
    }
}
