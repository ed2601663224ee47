using System.Buffers;
using System.Net;
using System.Text.Json;
using VitGrid.LoadTest.Measure;
using VitGrid.LoadTest.Requests;

namespace VitGrid.LoadTest.Load;

/// <summary>Sends a request and reads its answer to the end; looks into it only when it is to be verified or was refused.</summary>
internal sealed class HttpSender(HttpClient http, RequestWriter writer, TimeSpan timeout, VectorCheck? check)
{
    private const int Chunk = 64 * 1024;

    /// <summary>Never throws but for a fault of the generator itself.</summary>
    public async Task<Answer> SendAsync(PlannedRequest planned)
    {
        int images = planned.Images.Count;
        try
        {
            using CancellationTokenSource limit = new(timeout);
            using HttpRequestMessage request = writer.Write(planned);
            using HttpResponseMessage answer = await http.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            if (answer.StatusCode == HttpStatusCode.OK)
                return await TakeAsync(planned, answer, limit.Token).ConfigureAwait(false);
            byte[] body = await answer.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false);
            return new(EndingOf(answer.StatusCode), images, $"{(int)answer.StatusCode} {CodeOf(body)}".TrimEnd(), Lane: planned.Lane);
        }
        catch (OperationCanceledException)
        {
            return new(Ending.Late, images, $"no answer in {timeout.TotalSeconds:0.#} s", Lane: planned.Lane);
        }
        catch (HttpRequestException exception)
        {
            return new(Ending.Failed, images, $"broken off ({exception.HttpRequestError})", Lane: planned.Lane);
        }
        catch (IOException exception)
        {
            return new(Ending.Failed, images, $"broken off ({exception.GetType().Name})", Lane: planned.Lane);
        }
    }

    private async Task<Answer> TakeAsync(PlannedRequest planned, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        IReadOnlyList<KeyValuePair<string, double>> timings = answer.Headers.TryGetValues("Server-Timing", out IEnumerable<string>? values)
            ? ServerTiming.Parse(string.Join(',', values))
            : [];
        if (check is null)
        {
            await DrainAsync(answer, cancellationToken).ConfigureAwait(false);
            return new(Ending.Answered, planned.Images.Count, null, timings, planned.Lane);
        }
        byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        string? fault = check.Compare(planned, body);
        return new(fault is null ? Ending.Answered : Ending.Failed, planned.Images.Count, fault, timings, planned.Lane);
    }

    private static async Task DrainAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            while (await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) > 0)
            {
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static Ending EndingOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.TooManyRequests => Ending.Refused,
        HttpStatusCode.GatewayTimeout => Ending.Late,
        _ => Ending.Failed,
    };

    private static string CodeOf(byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.TryGetProperty("error", out JsonElement error) && error.ValueKind == JsonValueKind.Object
                && error.TryGetProperty("code", out JsonElement code) ? code.ToString() : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
