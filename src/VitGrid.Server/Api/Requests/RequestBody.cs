using System.Buffers;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>
/// A body read whole into pooled memory. It grows with what has really arrived, so that a client which only claims a large body holds
/// nothing; valid until disposed.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstBytes = 64 * 1024;

    private readonly BodyMemory _memory;
    private byte[] _buffer = [];
    private int _length;

    private RequestBody(BodyMemory memory) => _memory = memory;

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    public Stream OpenRead() => new MemoryStream(_buffer, 0, _length, writable: false);

    /// <exception cref="ApiException">The body passes <paramref name="mostBytes"/>, or all bodies together pass their bound.</exception>
    public static async Task<RequestBody> ReadAsync(HttpRequest request, long mostBytes, BodyMemory memory, CancellationToken cancellation)
    {
        if (request.ContentLength > mostBytes)
            throw TooLarge($"{request.ContentLength:N0}", mostBytes);
        RequestBody body = new(memory);
        try
        {
            await body.FillAsync(request.Body, mostBytes, cancellation);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private async Task FillAsync(Stream source, long mostBytes, CancellationToken cancellation)
    {
        while (true)
        {
            if (_length == _buffer.Length)
                Grow(mostBytes);
            int read = await source.ReadAsync(_buffer.AsMemory(_length), cancellation);
            if (read == 0)
                return;
            _length += read;
            if (_length > mostBytes)
                throw TooLarge($"more than {mostBytes:N0}", mostBytes);
        }
    }

    private void Grow(long mostBytes)
    {
        // One byte more than allowed is enough to see that there is more.
        long wanted = Math.Min(Math.Max(FirstBytes, _buffer.Length * 2L), mostBytes + 1);
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(wanted, _buffer.Length + 1L));
        try
        {
            _memory.Take(larger.Length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(larger);
            throw;
        }
        Bytes.CopyTo(larger);
        Release();
        _buffer = larger;
    }

    private void Release()
    {
        if (_buffer.Length == 0)
            return;
        _memory.Give(_buffer.Length);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

    private static ApiException TooLarge(string bytes, long mostBytes) => new(ApiCode.PayloadTooLarge,
        $"the body has {bytes} bytes, the limit is {mostBytes:N0}; send fewer or smaller pictures a request");
}
