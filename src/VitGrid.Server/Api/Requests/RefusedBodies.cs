using System.Buffers;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Requests;

/// <summary>
/// Reads on what a refused client is still sending, as much as would have been taken, and throws it away: many clients read no answer
/// before all is sent, and would see a closed connection in its place.
/// </summary>
internal sealed class RefusedBodies(RequestDelegate next, HttpOptions limits, TimeProvider time)
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        if (context.Response.StatusCode >= StatusCodes.Status400BadRequest && IsUnderWay(context.Request)
            && !context.RequestAborted.IsCancellationRequested)
            await ReadOnAsync(context);
    }

    /// <summary>
    /// HTTP/2 ends a stream without its connection. Who waits for "100 Continue" reads the refusal and sends nothing.
    /// </summary>
    private static bool IsUnderWay(HttpRequest request) => HttpProtocol.IsHttp11(request.Protocol)
        && request.Headers.Expect.Count == 0 && (request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0);

    private async Task ReadOnAsync(HttpContext context)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(1 << 14);
        using CancellationTokenSource late = new(MaxWait, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, late.Token);
        try
        {
            await context.Response.CompleteAsync();
            long left = limits.MaxBodyBytes;
            int read;
            while (left > 0 && (read = await context.Request.Body.ReadAsync(chunk, either.Token)) > 0)
                left -= read;
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The client left, or takes too long: the connection ends.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }
}
