using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using VitGrid.Cluster.Administration;

namespace VitGrid.Server.Verbs.Doctor;

/// <summary>Asks front ends, which are no members of the grid, over HTTP as their clients do.</summary>
/// <param name="key">API key with the scope <c>metrics</c>, by which a front end tells its build; null sends none.</param>
internal sealed class FrontEndSurvey(string? key)
{
    private const int LongestAnswer = 1 << 20, ShownCharacters = 200;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>What one answered.</summary>
    /// <param name="url">Where it listens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ExaminedProcess> AskAsync(Uri url, CancellationToken cancellationToken)
    {
        DateTimeOffset? ends = null;
        SslPolicyErrors faulty = SslPolicyErrors.None;
        // A proxy of the environment would answer in the front end's place.
        using SocketsHttpHandler direct = new() { UseProxy = false, AllowAutoRedirect = false };
        direct.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, faults) =>
        {
            (ends, faulty) = ((certificate as X509Certificate2)?.NotAfter, faults);
            return faults == SslPolicyErrors.None;
        };
        using HttpClient client = new(direct) { Timeout = Timeout, MaxResponseContentBufferSize = LongestAnswer };
        // Without credentials, should there be any.
        string name = $"{url.Scheme}://{url.Authority}";
        try
        {
            long began = Stopwatch.GetTimestamp();
            DateTimeOffset asked = TimeProvider.System.GetUtcNow();
            using HttpResponseMessage ready = await client.GetAsync(new Uri(url, "/health/ready"), cancellationToken);
            TimeSpan took = Stopwatch.GetElapsedTime(began);
            string? problem = ready.StatusCode == HttpStatusCode.OK
                ? null : $"it answers {(int)ready.StatusCode}: "
                    + AskedServer.OneLine(await ready.Content.ReadAsStringAsync(cancellationToken), ShownCharacters);
            return new(name, problem)
            {
                Took = took,
                // The header has whole seconds, so that it is behind by half of one in the mean.
                Ahead = ready.Headers.Date is { } date ? date + TimeSpan.FromSeconds(0.5) - (asked + (took / 2)) : null,
                Version = await VersionAsync(client, url, cancellationToken),
                Certificates = Certificates(ends),
            };
        }
        catch (HttpRequestException exception)
        {
            string problem = faulty == SslPolicyErrors.None
                ? exception.InnerException?.Message ?? exception.Message : $"its certificate is not taken here: {faulty}";
            return new(name, problem) { Certificates = Certificates(ends) };
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(name, $"no answer within {Timeout.TotalSeconds:0} s");
        }
    }

    /// <summary>Its build; empty where it does not tell whoever asks.</summary>
    private async Task<string> VersionAsync(HttpClient client, Uri url, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(url, "/info"));
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using HttpResponseMessage answer = await client.SendAsync(request, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.OK)
            return "";
        try
        {
            using JsonDocument info = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken));
            return $"{info.RootElement.GetProperty("version").GetString()}+{info.RootElement.GetProperty("commit").GetString()}";
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return "";
        }
    }

    private static (string, DateTimeOffset?)[] Certificates(DateTimeOffset? ends) =>
        ends is null ? [] : [("what clients are shown", ends)];
}
