using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Protocols;

/// <summary>
/// How a protocol writes a request for vectors and the answer to it; <see cref="EmbeddingHandler"/> does what lies between. Any thread may
/// call.
/// </summary>
internal abstract class EmbeddingCodec
{
    /// <summary>Reads a request whole, its body through <see cref="BodyReader"/>, which bounds it.</summary>
    /// <param name="request">The request; its path and query are the protocol's too.</param>
    /// <param name="admit">
    /// To be called once with the fields, as soon as they are known: it refuses what need not be read or decoded.
    /// </param>
    /// <param name="cancellationToken">Signalled when the client left, or when the drain gives up waiting.</param>
    /// <exception cref="Errors.ApiException">The request is refused.</exception>
    public abstract Task<ParsedRequest> ReadAsync(
        HttpRequest request, Action<EmbeddingFields> admit, CancellationToken cancellationToken);

    /// <summary>Writes the answer's body; its headers are written.</summary>
    public abstract Task WriteAsync(HttpContext context, EmbeddingAnswer answer);
}
