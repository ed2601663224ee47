using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using VitGrid.Server.Tests.Cluster;

namespace VitGrid.Server.Tests.Telemetry;

/// <summary>A span as it was sent.</summary>
internal sealed record SentSpan(string Service, string Trace, string Id, string Parent, string Name)
{
    /// <summary>Its attribute <c>vitgrid.request.id</c>; null where it has none.</summary>
    public string? RequestId { get; init; }
}

/// <summary>Takes what OTLP exporters send as <c>http/protobuf</c>, and reads of it what tests look for.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<byte[]> _traces = Channel.CreateUnbounded<byte[]>(), _metrics = Channel.CreateUnbounded<byte[]>();

    private Collector()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapPost("/v1/traces", request => ReceiveAsync(request, _traces));
        _app.MapPost("/v1/metrics", request => ReceiveAsync(request, _metrics));
    }

    public string Url => _app.Urls.Single();

    public static async Task<Collector> StartAsync()
    {
        Collector collector = new();
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>The variables that have a process send here, soon.</summary>
    public static (string Name, string Value)[] Environment(string url, params (string Name, string Value)[] more) =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"), ("OTEL_METRIC_EXPORT_INTERVAL", "500"), .. more,
    ];

    /// <summary>
    /// All spans that have come, of any trace, once <paramref name="whole"/> says that those of <paramref name="trace"/> are complete.
    /// </summary>
    public async Task<IReadOnlyList<SentSpan>> SpansAsync(string trace, Func<IReadOnlyList<SentSpan>, bool> whole)
    {
        List<SentSpan> spans = [];
        using CancellationTokenSource limit = new(StartedProcess.Timeout);
        try
        {
            while (!whole([.. spans.Where(span => span.Trace == trace)]))
                spans.AddRange(Read(await _traces.Reader.ReadAsync(limit.Token)));
            return spans;
        }
        catch (OperationCanceledException exception)
        {
            throw new InvalidOperationException(
                $"trace {trace} never became whole; spans that came: {string.Join(", ", spans)}", exception);
        }
    }

    /// <summary>Waits for measurements that name <paramref name="metric"/>.</summary>
    public async Task MetricAsync(string metric)
    {
        using CancellationTokenSource limit = new(StartedProcess.Timeout);
        while ((await _metrics.Reader.ReadAsync(limit.Token)).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(metric)) < 0)
        {
            // Not yet.
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task ReceiveAsync(HttpContext request, Channel<byte[]> received)
    {
        using MemoryStream body = new();
        await request.Request.Body.CopyToAsync(body);
        request.Response.ContentType = "application/x-protobuf";
        received.Writer.TryWrite(body.ToArray());
    }

    /// <summary>The field numbers are those of <c>opentelemetry/proto/collector/trace/v1</c>.</summary>
    private static IEnumerable<SentSpan> Read(byte[] request) =>
        from resource in Fields(request, 1)
        let service = Fields(Fields(resource, 1).Single(), 1).Single(attribute => Text(attribute, 1) == "service.name")
        from scope in Fields(resource, 2)
        from span in Fields(scope, 2)
        select new SentSpan(Text(Fields(service, 2).Single(), 1), Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5))
        {
            RequestId = Fields(span, 9).Where(attribute => Text(attribute, 1) == "vitgrid.request.id")
                .Select(attribute => Text(Fields(attribute, 2).Single(), 1)).SingleOrDefault(),
        };

    private static string Hex(byte[] message, int number) => Convert.ToHexStringLower(Fields(message, number).SingleOrDefault([]));

    private static string Text(byte[] message, int number) =>
        System.Text.Encoding.UTF8.GetString(Fields(message, number).SingleOrDefault([]));

    private static List<byte[]> Fields(byte[] message, int number)
    {
        List<byte[]> found = [];
        CodedInputStream input = new(message);
        while (input.ReadTag() is var tag and not 0)
        {
            if (tag == WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited))
                found.Add(input.ReadBytes().ToByteArray());
            else
                input.SkipLastField();
        }
        return found;
    }
}
