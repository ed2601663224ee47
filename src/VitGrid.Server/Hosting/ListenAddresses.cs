using System.Globalization;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Hosting;

/// <summary>Where a process listens. Immutable.</summary>
/// <param name="Http">For HTTP.</param>
/// <param name="Grpc">For gRPC alone; null: it has no address of its own.</param>
internal sealed record ListenAddresses(IReadOnlyList<string> Http, string? Grpc)
{
    /// <summary>All of them, gRPC's last.</summary>
    public IReadOnlyList<string> All { get; } = [.. Http, .. (ReadOnlySpan<string>)(Grpc is null ? [] : [Grpc])];

    /// <summary>Whether gRPC is spoken anywhere: without TLS, which tells the versions of HTTP apart, at an address of its own.</summary>
    public bool ServeGrpc { get; private init; }

    /// <param name="options">What was configured.</param>
    /// <param name="urls">In place of the addresses for HTTP; none: those that were configured.</param>
    public static ListenAddresses From(ServerOptions options, IReadOnlyList<string> urls)
    {
        // A worker's images come over the data plane.
        bool isWorker = options.Role == GridRole.Worker;
        ListenAddresses addresses = new(urls is [] ? options.Http.Urls : urls, isWorker ? null : options.Grpc.Url);
        return addresses with { ServeGrpc = !isWorker && (addresses.Grpc is not null || addresses.Http.Any(HttpOptions.IsSecure)) };
    }

    /// <summary>Has a host listen at them.</summary>
    public void ListenIn(WebApplicationBuilder builder)
    {
        if (Grpc is null)
            builder.WebHost.UseUrls([.. Http]);
        else
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Configure(Endpoints()));
    }

    /// <summary>
    /// Only where each address stands as an endpoint can one of them speak another version of HTTP; they are bound in this order.
    /// </summary>
    private IConfigurationRoot Endpoints() => new ConfigurationBuilder()
        .AddInMemoryCollection(
        [
            .. Http.Select((url, i) => KeyValuePair.Create<string, string?>(
                string.Create(CultureInfo.InvariantCulture, $"Endpoints:http-{i:000}:Url"), url)),
            KeyValuePair.Create<string, string?>("Endpoints:rpc:Url", Grpc),
            KeyValuePair.Create<string, string?>("Endpoints:rpc:Protocols", "Http2"),
        ])
        .Build();
}
