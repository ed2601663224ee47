using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// A head's side of the way from doors in other processes: gives images to their batcher, and sends back what becomes of each.
/// </summary>
internal sealed partial class ImageServer
{
    private readonly ConcurrentDictionary<(Link Link, long Image), CancellationTokenSource> _images = new();
    private readonly FrameHeads _frames;
    private readonly PixelStore _pixels;
    private readonly LocalBatchers _batchers;
    private readonly ILogger<ImageServer> _logger;

    public ImageServer(Peers peers, FrameHeads frames, PixelStore pixels, LocalBatchers batchers, ILogger<ImageServer> logger)
    {
        _frames = frames;
        _pixels = pixels;
        _batchers = batchers;
        _logger = logger;
        peers.On(FrameKinds.Image, Take);
        peers.On(FrameKinds.Cancel, Cancel);
        peers.Ended += OnLinkEnded;
    }

    private ValueTask Take(Link link, Frame frame)
    {
        ImageHead head = _frames.Read<ImageHead>(frame);
        Pixels pixels = _pixels.Adopt(FrameHeads.Body(frame));
        // The batcher's own bounds hold what waits: it refuses what is too much. The link goes on with the next frame.
        _ = EmbedAsync(link, head, pixels);
        return ValueTask.CompletedTask;
    }

    private async Task EmbedAsync(Link link, ImageHead head, Pixels pixels)
    {
        (Link, long) key = (link, head.Order.Image);
        using CancellationTokenSource unwanted = new();
        _images[key] = unwanted;
        try
        {
            using (pixels)
            {
                ImageAnswer answer = await _batchers(head.Replica, head.Order with { Image = pixels.Id }, unwanted.Token);
                await AnswerAsync(link, head.Order.Image, answer);
            }
        }
        catch (OperationCanceledException) when (unwanted.IsCancellationRequested)
        {
            LogUnwanted(head.Order.Image, link.Peer.Node);
        }
        catch (Exception exception)
        {
            await RefuseAsync(link, head.Order.Image, exception);
        }
        finally
        {
            _images.TryRemove(key, out _);
        }
    }

    private async Task AnswerAsync(Link link, long image, ImageAnswer answer) => await link.SendAsync(
        FrameKinds.Answer,
        _frames.Write(new AnswerHead(image, answer.Queue, answer.Infer)),
        MemoryMarshal.AsBytes(answer.ClsThenMean.AsSpan()).ToArray(),
        CancellationToken.None);

    private async Task RefuseAsync(Link link, long image, Exception failure)
    {
        try
        {
            RefusalHead head = new(image, Failures.FaultOf(failure), failure.Message);
            await link.SendAsync(FrameKinds.Refusal, _frames.Write(head), default, CancellationToken.None);
        }
        catch (LinkEndedException exception)
        {
            LogNotAnswered(image, link.Peer.Node, exception.Message);
        }
    }

    private ValueTask Cancel(Link link, Frame frame)
    {
        if (_images.TryGetValue((link, _frames.Read<long>(frame)), out CancellationTokenSource? unwanted))
            Signal(unwanted);
        return ValueTask.CompletedTask;
    }

    private void OnLinkEnded(Link link, LinkEnd end)
    {
        foreach (KeyValuePair<(Link Link, long Image), CancellationTokenSource> image in _images.Where(entry => entry.Key.Link == link))
            Signal(image.Value);
    }

    private static void Signal(CancellationTokenSource unwanted)
    {
        try
        {
            unwanted.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was answered in this moment.
        }
    }

    [LoggerMessage(LogLevel.Debug, "Image {Image} of {Door} is no longer wanted")]
    private partial void LogUnwanted(long image, string door);

    [LoggerMessage(LogLevel.Information, "Image {Image} could not be answered to {Door}: {Reason}")]
    private partial void LogNotAnswered(long image, string door, string reason);
}
