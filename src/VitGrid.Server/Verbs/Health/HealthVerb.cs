using System.CommandLine;
using System.Globalization;

namespace VitGrid.Server.Verbs.Health;

/// <summary>
/// <c>vitgrid health</c>: asks a running process whether it is ready, for health checks of containers that have no other client.
/// </summary>
internal static class HealthVerb
{
    private const string DefaultUrl = "http://127.0.0.1:8080/health/ready";

    /// <summary>Longest answer that is shown; a health answer is a few lines, and a body from anything else is cut.</summary>
    private const int ShownCharacters = 300;

    public static Verb Create(VerbContext context)
    {
        Option<Uri?> url = ValueOption.From<Uri?>(
            "--url", "URL", $"The path to ask [default: {DefaultUrl}]", text => AskedServer.Read(text, DefaultUrl));
        Option<int?> timeout = ValueOption.Number(
            "--timeout-ms", "MS", "Longest time to wait for the answer, in milliseconds [default: 3000]", 1, 600_000);
        Verb verb = new(
            "health",
            "Ask a running server whether it is ready. Exit code 0 when it answers 200, else 1.",
            "vitgrid health",
            "vitgrid health --url http://127.0.0.1:8080/health/live") { url, timeout };
        verb.SetAction((parsed, cancellation) => RunAsync(
            context.Terminal,
            parsed.GetValue(url) ?? new(DefaultUrl),
            TimeSpan.FromMilliseconds(parsed.GetValue(timeout) ?? 3_000),
            cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(Terminal terminal, Uri url, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // A proxy of the environment would answer in the server's place.
        using SocketsHttpHandler direct = new() { UseProxy = false, AllowAutoRedirect = false };
        using HttpClient client = new(direct) { Timeout = timeout, MaxResponseContentBufferSize = 1 << 20 };
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(url, cancellationToken);
            terminal.Out.WriteLine(Line(answer, await answer.Content.ReadAsStringAsync(cancellationToken)));
            return answer.StatusCode == System.Net.HttpStatusCode.OK ? ExitCode.Done : ExitCode.Failed;
        }
        catch (HttpRequestException exception)
        {
            throw new VerbException($"{url} cannot be asked: {exception.Message}; is the server running, and is this its address?");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new VerbException(string.Create(
                CultureInfo.InvariantCulture,
                $"{url} gave no answer within {timeout.TotalMilliseconds:0} ms; raise --timeout-ms if the machine is busy"));
        }
    }

    private static string Line(HttpResponseMessage answer, string body) =>
        $"{(int)answer.StatusCode} {AskedServer.OneLine(body, ShownCharacters)}".TrimEnd();
}
