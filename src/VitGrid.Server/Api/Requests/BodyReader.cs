using System.IO.Compression;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Requests;

/// <summary>
/// Reads bodies whole, within the bounds of one body (<c>Http:MaxBodyBytes</c>), of a client's and of all together, and in time
/// (<c>Http:BodySeconds</c>). Any thread may call.
/// </summary>
internal sealed class BodyReader(HttpOptions limits, BodyMemory memory, TimeProvider time)
{
    /// <summary>Reads the body of a request and what it says.</summary>
    /// <param name="request">The request.</param>
    /// <param name="types">Which content types are taken.</param>
    /// <param name="parse">Makes the request of its body; images may stay where they lie in it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ApiException">
    /// The body is of another type, compressed, late, or passes a bound, or <paramref name="parse"/> refuses it.
    /// </exception>
    public async Task<ParsedRequest> ReadAsync(
        HttpRequest request, BodyTypes types, Func<RequestBody, ParsedRequest> parse, CancellationToken cancellationToken)
    {
        using RequestBody body = await ReadAsync(request, types, limits.MaxBodyBytes, cancellationToken);
        return Parse(body, parse);
    }

    /// <summary>
    /// The same of a body that may come compressed with gzip or deflate: the bounds are those of what is inflated.
    /// </summary>
    /// <inheritdoc cref="ReadAsync(HttpRequest, BodyTypes, Func{RequestBody, ParsedRequest}, CancellationToken)"/>
    public async Task<ParsedRequest> ReadInflatedAsync(
        HttpRequest request, BodyTypes types, Func<RequestBody, ParsedRequest> parse, CancellationToken cancellationToken)
    {
        types.Demand(request);
        await using Stream? inflating = Inflating(request);
        using RequestBody body = await ReadAsync(
            request, inflating ?? request.Body, inflating is null ? request.ContentLength : null, limits.MaxBodyBytes, cancellationToken);
        return Parse(body, parse);
    }

    private static ParsedRequest Parse(RequestBody body, Func<RequestBody, ParsedRequest> parse)
    {
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

    /// <summary>Reads the body of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="types">Which content types are taken.</param>
    /// <param name="maxBytes">Most bytes that it may have.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ApiException">The body is of another type, compressed, late, or passes a bound.</exception>
    public Task<RequestBody> ReadAsync(HttpRequest request, BodyTypes types, long maxBytes, CancellationToken cancellationToken)
    {
        RefuseCompressed(request);
        types.Demand(request);
        return ReadAsync(request, request.Body, request.ContentLength, maxBytes, cancellationToken);
    }

    private Task<RequestBody> ReadAsync(
        HttpRequest request, Stream source, long? length, long maxBytes, CancellationToken cancellationToken)
    {
        BodyShare share = memory.For(request.HttpContext);
        return new BodyDeadline(limits.BodySeconds, "VitGrid:Http:BodySeconds", time).KeepAsync(
            async token =>
            {
                try
                {
                    return await RequestBody.ReadAsync(source, length, maxBytes, share, token);
                }
                catch (InvalidDataException exception)
                {
                    throw new ApiException(ApiCode.InvalidRequest,
                        $"the body cannot be inflated by its content-encoding: {exception.Message} Send it whole, or uncompressed");
                }
            },
            cancellationToken);
    }

    /// <summary>The body as it was before it was compressed; null: it was not.</summary>
    private static Stream? Inflating(HttpRequest request)
    {
        switch (request.Headers.ContentEncoding.ToString().ToLowerInvariant())
        {
            case "gzip":
                return new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true);
            case "deflate":
                return new ZLibStream(request.Body, CompressionMode.Decompress, leaveOpen: true);
            default:
                RefuseCompressed(request, "send it with gzip or deflate, or uncompressed");
                return null;
        }
    }

    /// <summary>Refuses a body that is compressed; for whoever has more to check before it is read.</summary>
    /// <exception cref="ApiException">It is.</exception>
    public static void RefuseCompressed(HttpRequest request, string remedy = "send the body uncompressed")
    {
        string encoding = request.Headers.ContentEncoding.ToString();
        if (encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw new ApiException(ApiCode.UnsupportedImageFormat,
                $"the content-encoding '{Quote.Short(encoding)}' is not read here; {remedy}");
        }
    }
}

/// <summary>How long a body may take to arrive, however steadily it comes.</summary>
/// <param name="seconds">The time, from the first read.</param>
/// <param name="setting">Its setting.</param>
/// <param name="time">The clock.</param>
internal readonly struct BodyDeadline(int seconds, string setting, TimeProvider time)
{
    /// <summary>Reads with a token that is signalled at the deadline.</summary>
    /// <exception cref="ApiException">The deadline has passed.</exception>
    public async Task<T> KeepAsync<T>(Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(TimeSpan.FromSeconds(seconds), time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await read(either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ApiException(ApiCode.BodyTimeout,
                $"the body did not arrive within {seconds} s ({setting}); send less in one request, or over a faster connection");
        }
    }
}
