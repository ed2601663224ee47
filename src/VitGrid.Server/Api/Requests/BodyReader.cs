using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Requests;

/// <summary>Reads bodies whole, within the bound of one body (<c>Http:MaxBodyBytes</c>) and that of all together.</summary>
internal sealed class BodyReader(HttpOptions limits, BodyMemory memory)
{
    /// <summary>Reads the body of a request and what it says.</summary>
    /// <param name="request">The request.</param>
    /// <param name="parse">Makes the request of its body; images may stay where they lie in it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ApiException">The body is compressed or passes a bound, or <paramref name="parse"/> refuses it.</exception>
    public async Task<ParsedRequest> ReadAsync(
        HttpRequest request, Func<RequestBody, ParsedRequest> parse, CancellationToken cancellationToken)
    {
        RefuseCompressed(request);
        using RequestBody body = await RequestBody.ReadAsync(request, limits.MaxBodyBytes, memory, cancellationToken);
        try
        {
            return parse(body);
        }
        catch
        {
            // Images that were read before the fault hold shares that nobody will give back.
            body.Buffer.Forget();
            throw;
        }
    }

    /// <summary>Refuses a body that is compressed; for whoever has more to check before it is read.</summary>
    /// <exception cref="ApiException">It is.</exception>
    public static void RefuseCompressed(HttpRequest request)
    {
        string encoding = request.Headers.ContentEncoding.ToString();
        if (encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw new ApiException(ApiCode.UnsupportedImageFormat,
                $"the content-encoding '{Quote.Short(encoding)}' is not read here; send the body uncompressed");
        }
    }
}
