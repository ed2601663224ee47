using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Administration;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Telemetry;

/// <summary>Servers as processes of their own, told by OpenTelemetry's environment variables where to send.</summary>
public sealed class OtlpExportTests(ITestOutputHelper output) : IDisposable
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c", Client = "b7ad6b7169203331";
    private readonly TemporaryFolder _folder = new();
    private readonly List<StartedProcess> _processes = [];

    [Fact]
    public async Task An_image_is_followed_under_the_client_s_own_trace_and_probes_are_not()
    {
        await using Collector collector = await Collector.StartAsync();
        string url = await Start(Collector.Environment(collector.Url), ["--model", "internvit-nano"]).ReadyAsync();
        Assert.Equal(HttpStatusCode.OK, await EmbedAsync(url));

        IReadOnlyList<SentSpan> spans = await collector.SpansAsync(
            Trace, sent => sent.Any(span => span.Parent == Client) && sent.Any(span => span.Name == "segment"));
        SentSpan request = spans.Single(span => span.Parent == Client), image = spans.Single(span => span.Parent == request.Id);
        Assert.Equal(("POST /v1/embeddings", "image", "vitgrid"), (request.Name, image.Name, image.Service));
        Assert.Equal((Trace, Trace), (request.RequestId, image.RequestId));
        Assert.Equal(["decode", "infer", "queue"], spans.Where(span => span.Parent == image.Id).Select(span => span.Name).Order());
        Assert.All(spans, span => Assert.Equal(Trace, span.Trace));
        await collector.MetricAsync("vitgrid.images");
    }

    [RedisFact]
    public async Task A_trace_goes_on_through_the_processes_of_a_grid()
    {
        await using Collector collector = await Collector.StartAsync();
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        _processes.Add(redis);
        string[] worker = ["--role", "worker", "--redis", address, "--model", "internvit-nano", "--segments", "2", "--replicas", "1",
            "--devices", "cpu:0", .. ClusterTests.Patient];
        foreach (string name in (string[])["worker-1", "worker-2"])
            Start(Collector.Environment(collector.Url, ("OTEL_SERVICE_NAME", name)), worker);
        string url = await Start(
            Collector.Environment(collector.Url, ("OTEL_SERVICE_NAME", "door")), ["--role", "api", "--redis", address]).ListeningAsync();
        await using (GridAdministration grid = await GridAdministration.ConnectAsync(
            new() { Redis = address }, StartedProcess.Timeout, logging => logging.ClearProviders(), CancellationToken.None))
        {
            await ClusterTests.StatusAsync(grid, served => ClusterTests.Nodes(served).Distinct().Count() == 2);
        }
        await StartedProcess.ReadyAsync(url);
        Assert.Equal(HttpStatusCode.OK, await EmbedAsync(url));

        IReadOnlyList<SentSpan> all = await collector.SpansAsync(Trace, sent =>
            sent.Count(span => span.Name == "segment") == 2
                && new[] { "image", "queue", "batch" }.All(name => sent.Any(span => span.Name == name)));
        SentSpan[] spans = [.. all.Where(span => span.Trace == Trace)];
        SentSpan queue = spans.Single(span => span.Name == "queue"), batch = spans.Single(span => span.Name == "batch");
        Assert.Equal(("door", queue.Id), (queue.Service, batch.Parent));
        Assert.Equal(["worker-1", "worker-2"], spans.Where(span => span.Name == "segment" && span.Parent == batch.Id).Select(
            span => span.Service).Order());
    }

    [Fact]
    public async Task A_collector_that_is_not_there_disturbs_neither_requests_nor_the_end()
    {
        StartedProcess server = Start(Collector.Environment("http://127.0.0.1:1"), []);
        string url = await server.ReadyAsync();
        foreach (int _ in Enumerable.Range(0, 20))
            Assert.Equal(HttpStatusCode.OK, await EmbedAsync(url));
        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true, "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317")]
    [InlineData(true, false, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:4318/v1/traces")]
    [InlineData(false, true, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://c:4317")]
    [InlineData(true, false, "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317", "OTEL_METRICS_EXPORTER=none")]
    [InlineData(false, true, "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317", "OTEL_TRACES_EXPORTER=console")]
    [InlineData(true, true, "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317", "OTEL_TRACES_EXPORTER=console,otlp", "OTEL_METRICS_EXPORTER=")]
    [InlineData(false, false, "OTEL_EXPORTER_OTLP_ENDPOINT=", "OTEL_TRACES_EXPORTER=otlp", "OTEL_SERVICE_NAME=x")]
    public void Nothing_is_sent_unless_an_endpoint_is_named_and_the_signal_is_not_switched_off(
        bool traces, bool metrics, params string[] environment)
    {
        IConfiguration read = Environment(environment);
        Assert.Equal((traces, metrics), (new OtlpSignal(read, "TRACES").IsWanted, new OtlpSignal(read, "METRICS").IsWanted));
    }

    [Fact]
    public void What_is_wrong_with_the_variables_is_named_together()
    {
        IConfiguration wrong = Environment(
            "OTEL_EXPORTER_OTLP_ENDPOINT=collector:4317", "OTEL_EXPORTER_OTLP_PROTOCOL=http/json",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=nowhere");
        OptionsException refused = Assert.Throws<OptionsException>(() => new ServiceCollection().AddOtlpExport(wrong));
        Assert.Equal(
            [
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is 'nowhere'; it takes a URL such as http://127.0.0.1:4317",
                "OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4317'; it takes a URL such as http://127.0.0.1:4317",
                "OTEL_EXPORTER_OTLP_PROTOCOL is 'http/json'; it takes grpc or http/protobuf",
            ],
            refused.Faults);
    }

    public void Dispose()
    {
        foreach (StartedProcess process in _processes)
        {
            process.Dispose();
            output.WriteLine($"-- process {process.Id}:{process.Said}");
        }
        _folder.Dispose();
    }

    private static IConfiguration Environment(params string[] variables) => new ConfigurationBuilder()
        .AddInMemoryCollection(variables.Select(variable => variable.Split('=', 2)).Select(
            pair => KeyValuePair.Create(pair[0], (string?)pair[1])))
        .Build();

    private static async Task<HttpStatusCode> EmbedAsync(string url)
    {
        using HttpClient http = new();
        using ByteArrayContent body = new(await File.ReadAllBytesAsync(Path.Combine(GoldenFiles.Repository, "docs", "images", "fish.png")));
        body.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using HttpRequestMessage request = new(HttpMethod.Post, $"{url}/v1/embeddings?cache=bypass") { Content = body };
        request.Headers.Add("traceparent", $"00-{Trace}-{Client}-01");
        using HttpResponseMessage answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    private StartedProcess Start((string Name, string Value)[] environment, string[] arguments)
    {
        StartedProcess process = StartedProcess.VitGrid(environment, ["serve", "--urls", "http://127.0.0.1:0", .. arguments]);
        _processes.Add(process);
        return process;
    }
}
