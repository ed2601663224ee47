using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VitGrid.Grains.Contracts;
using VitGrid.Grains.Pipeline;
using VitGrid.Grains.Transport;

namespace VitGrid.Grains.Wire;

/// <summary>A head's side of the way from doors in other processes: gives pictures to their batcher, and sends back what becomes of each.</summary>
internal sealed partial class PictureServer
{
    private readonly ConcurrentDictionary<(Link Link, long Picture), CancellationTokenSource> _pictures = new();
    private readonly FrameHeads _frames;
    private readonly PixelStore _pixels;
    private readonly LocalBatchers _batchers;
    private readonly ILogger<PictureServer> _logger;

    public PictureServer(Peers peers, FrameHeads frames, PixelStore pixels, LocalBatchers batchers, ILogger<PictureServer> logger)
    {
        _frames = frames;
        _pixels = pixels;
        _batchers = batchers;
        _logger = logger;
        peers.On(FrameKinds.Picture, Take);
        peers.On(FrameKinds.Cancel, Cancel);
        peers.Ended += OnLinkEnded;
    }

    private ValueTask Take(Link link, Frame frame)
    {
        PictureHead head = _frames.Read<PictureHead>(frame);
        Pixels pixels = _pixels.Adopt(FrameHeads.Body(frame));
        // The batcher's own bounds hold what waits: it refuses what is too much. The link goes on with the next frame.
        _ = EmbedAsync(link, head, pixels);
        return ValueTask.CompletedTask;
    }

    private async Task EmbedAsync(Link link, PictureHead head, Pixels pixels)
    {
        (Link, long) key = (link, head.Order.Picture);
        using CancellationTokenSource unwanted = new();
        _pictures[key] = unwanted;
        try
        {
            using (pixels)
            {
                PictureAnswer answer = await _batchers(head.Replica, head.Order with { Picture = pixels.Id }, unwanted.Token);
                await AnswerAsync(link, head.Order.Picture, answer);
            }
        }
        catch (OperationCanceledException) when (unwanted.IsCancellationRequested)
        {
            LogUnwanted(head.Order.Picture, link.Peer.Node);
        }
        catch (Exception failure)
        {
            await RefuseAsync(link, head.Order.Picture, failure);
        }
        finally
        {
            _pictures.TryRemove(key, out _);
        }
    }

    private async Task AnswerAsync(Link link, long picture, PictureAnswer answer) => await link.SendAsync(
        FrameKinds.Answer,
        _frames.Write(new AnswerHead(picture, answer.Queue, answer.Infer)),
        MemoryMarshal.AsBytes(answer.ClsThenMean.AsSpan()).ToArray(),
        CancellationToken.None);

    private async Task RefuseAsync(Link link, long picture, Exception failure)
    {
        try
        {
            RefusalHead head = new(picture, Failures.FaultOf(failure), failure.Message);
            await link.SendAsync(FrameKinds.Refusal, _frames.Write(head), default, CancellationToken.None);
        }
        catch (LinkEndedException broken)
        {
            LogNotAnswered(picture, link.Peer.Node, broken.Message);
        }
    }

    private ValueTask Cancel(Link link, Frame frame)
    {
        if (_pictures.TryGetValue((link, _frames.Read<long>(frame)), out CancellationTokenSource? unwanted))
            Signal(unwanted);
        return ValueTask.CompletedTask;
    }

    private void OnLinkEnded(Link link, LinkEnd end)
    {
        foreach (KeyValuePair<(Link Link, long Picture), CancellationTokenSource> picture in _pictures.Where(entry => entry.Key.Link == link))
            Signal(picture.Value);
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

    [LoggerMessage(LogLevel.Debug, "Picture {Picture} of {Door} is no longer wanted")]
    private partial void LogUnwanted(long picture, string door);

    [LoggerMessage(LogLevel.Information, "Picture {Picture} could not be answered to {Door}: {Reason}")]
    private partial void LogNotAnswered(long picture, string door, string reason);
}
