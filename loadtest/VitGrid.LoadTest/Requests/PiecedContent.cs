using System.Net;
using System.Net.Http.Headers;

namespace VitGrid.LoadTest.Requests;

/// <summary>A body of pieces that many requests share: nothing is copied but into the socket.</summary>
internal sealed class PiecedContent : HttpContent
{
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _pieces;

    public PiecedContent(IReadOnlyList<ReadOnlyMemory<byte>> chunks, string mediaType)
    {
        _pieces = chunks;
        Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
    }

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        foreach (ReadOnlyMemory<byte> piece in _pieces)
            await stream.WriteAsync(piece);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _pieces.Sum(piece => (long)piece.Length);
        return true;
    }
}
