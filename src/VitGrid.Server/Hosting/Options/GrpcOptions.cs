using VitGrid.Settings;

namespace VitGrid.Server.Hosting.Options;

/// <summary>The front end for gRPC.</summary>
internal sealed record GrpcOptions
{
    /// <summary>
    /// Address to listen on for gRPC: HTTP/2, of <c>http</c> without TLS; port 0 takes a free one. Null: gRPC is served at addresses of
    /// <c>https</c> alone, where HTTP is.
    /// </summary>
    [Setting("where gRPC is listened on (HTTP/2, without TLS at `http`), as `--grpc-url`; none: only at `https` addresses of `Http:Urls`. "
        + "Workers have none", Form = "an address `http://HOST:PORT` or `https://HOST:PORT`", Accepts = nameof(IsAddress))]
    public string? Url { get; init; }

    private static bool IsAddress(string url) => HttpOptions.IsAddress(url);
}
