using System.Net;

namespace VitGrid.Client;

/// <summary>A body that is read from a stream while it is sent. The stream is the caller's, and stays open.</summary>
internal sealed class StreamBody : HttpContent
{
    private readonly Stream _stream;
    private readonly long _start;
    private bool _sent;

    public StreamBody(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        (_stream, CanReplay) = (stream, stream.CanSeek);
        _start = CanReplay ? stream.Position : 0;
    }

    /// <summary>Whether it can be sent again from its beginning.</summary>
    public bool CanReplay { get; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (CanReplay)
            _stream.Position = _start;
        else if (_sent)
            throw new InvalidOperationException("the image's stream was read already and cannot seek; give one that can, or the bytes");
        _sent = true;
        await _stream.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = CanReplay ? _stream.Length - _start : 0;
        return CanReplay;
    }
}
