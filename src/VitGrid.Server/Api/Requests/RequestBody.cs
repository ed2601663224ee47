using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>
/// A body read whole into pooled memory. It grows with what has really arrived, so that a client which only claims a large body holds
/// at most 256 KiB; valid until disposed, and where an image holds a share of its buffer until that is.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    private const int MinFirstBytes = 64 * 1024;

    /// <summary>What a client gets by its word alone: enough for most images, so that they are not moved while they arrive.</summary>
    private const int MaxFirstBytes = 256 * 1024;

    private readonly BodyMemory _memory;
    private int _length;

    private RequestBody(long? claimed, BodyMemory memory)
    {
        _memory = memory;
        // One byte more shows that there is no more.
        Buffer = SharedBuffer.Rent(Math.Clamp((claimed ?? 0) + 1, MinFirstBytes, MaxFirstBytes), memory);
    }

    /// <summary>Where the body lies.</summary>
    public SharedBuffer Buffer { get; private set; }

    public Memory<byte> Bytes => Buffer.Bytes.AsMemory(0, _length);

    /// <exception cref="ApiException">The body passes <paramref name="maxBytes"/>, or all bodies together pass their bound.</exception>
    public static async Task<RequestBody> ReadAsync(
        HttpRequest request, long maxBytes, BodyMemory memory, CancellationToken cancellationToken)
    {
        if (request.ContentLength > maxBytes)
            throw TooLarge($"{request.ContentLength:N0}", maxBytes);
        return await ReadAsync(request.Body, request.ContentLength, maxBytes, memory, cancellationToken);
    }

    /// <exception cref="ApiException">The body passes <paramref name="maxBytes"/>, or all bodies together pass their bound.</exception>
    public static async Task<RequestBody> ReadAsync(
        Stream source, long? claimed, long maxBytes, BodyMemory memory, CancellationToken cancellationToken)
    {
        RequestBody body = new(claimed, memory);
        try
        {
            await body.FillAsync(source, maxBytes, cancellationToken);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private async Task FillAsync(Stream source, long maxBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_length == Buffer.Bytes.Length)
                Grow(maxBytes);
            int read = await source.ReadAsync(Buffer.Bytes.AsMemory(_length), cancellationToken);
            if (read == 0)
                return;
            _length += read;
            if (_length > maxBytes)
                throw TooLarge($"more than {maxBytes:N0}", maxBytes);
        }
    }

    private void Grow(long maxBytes)
    {
        // One byte more than allowed is enough to see that there is more.
        long wanted = Math.Min(Buffer.Bytes.Length * 2L, maxBytes + 1);
        SharedBuffer larger = SharedBuffer.Rent(Math.Max(wanted, _length + 1L), _memory);
        Bytes.CopyTo(larger.Bytes);
        Buffer.Dispose();
        Buffer = larger;
    }

    /// <inheritdoc/>
    public void Dispose() => Buffer.Dispose();

    private static ApiException TooLarge(string bytes, long maxBytes) => new(ApiCode.PayloadTooLarge,
        $"the body has {bytes} bytes, the limit is {maxBytes:N0}; send fewer or smaller images a request");
}
