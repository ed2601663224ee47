using OpenTelemetry.Exporter;

namespace VitGrid.Server.Hosting;

/// <summary>
/// Where OpenTelemetry's variables want a signal, <c>TRACES</c> or <c>METRICS</c>, to go. The exporter reads those that hold for all
/// signals itself; those of one signal are read here.
/// </summary>
internal sealed class OtlpSignal(IConfiguration environment, string signal)
{
    private const string General = "OTEL_EXPORTER_OTLP";

    private readonly string _own = $"{General}_{signal}";

    /// <summary>Whether an endpoint is named and <c>OTEL_TRACES_EXPORTER</c>, say, names no other exporter and not <c>none</c>.</summary>
    public bool IsWanted =>
        Endpoints().Any() && (Value($"OTEL_{signal}_EXPORTER") ?? "otlp").Split(',', StringSplitOptions.TrimEntries).Contains("otlp");

    /// <summary>What is wrong with the variables, by name.</summary>
    public IEnumerable<string> Faults() => Endpoints()
        .Where(endpoint => !Uri.TryCreate(endpoint.Value, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
        .Select(endpoint => $"{endpoint.Name} is '{endpoint.Value}'; it takes a URL such as http://127.0.0.1:4317")
        .Concat(Protocols()
            .Where(protocol => ProtocolOf(protocol.Value) is null)
            .Select(protocol => $"{protocol.Name} is '{protocol.Value}'; it takes grpc or http/protobuf"));

    /// <summary>
    /// Sets what holds for this signal alone. Its endpoint is taken as it stands; to the general one the exporter adds the signal's path.
    /// </summary>
    public void Apply(OtlpExporterOptions options)
    {
        if (Value($"{_own}_PROTOCOL") is { } protocol)
            options.Protocol = ProtocolOf(protocol)!.Value;
        if (Value($"{_own}_HEADERS") is { } headers)
            options.Headers = headers;
        if (Value($"{_own}_ENDPOINT") is { } endpoint)
            options.Endpoint = new(endpoint);
    }

    private static OtlpExportProtocol? ProtocolOf(string text) => text switch
    {
        "grpc" => OtlpExportProtocol.Grpc,
        "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
        _ => null,
    };

    private IEnumerable<(string Name, string Value)> Endpoints() => Set($"{_own}_ENDPOINT", $"{General}_ENDPOINT");

    private IEnumerable<(string Name, string Value)> Protocols() => Set($"{_own}_PROTOCOL", $"{General}_PROTOCOL");

    private IEnumerable<(string Name, string Value)> Set(params string[] names) =>
        from name in names
        let value = Value(name)
        where value is not null
        select (name, value);

    /// <summary>An empty variable is one that is not set.</summary>
    private string? Value(string name) => environment[name] is { Length: > 0 } value ? value : null;
}
