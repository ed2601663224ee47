using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VitGrid.Engine.Features;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// The images that other processes have sent to heads in this one: gives each to its head, and sends back what becomes of it.
/// </summary>
internal sealed partial class ImageServer
{
    private const int MinImageBytes = 4 << 20;

    private readonly ConcurrentDictionary<(Link Link, long Image), CancellationTokenSource> _images = new();
    private readonly ConditionalWeakTable<Link, SemaphoreSlim> _turns = [];
    private FeatureMemory _features = new(new FeatureOptions().HeldBytes);
    private readonly FrameSerializer _frames;
    private readonly Func<ReplicaKey, IReplicaHead> _heads;
    private readonly ModelCatalog _models;
    private readonly ILogger<ImageServer> _logger;

    /// <param name="peers">The links.</param>
    /// <param name="frames">Reads and writes headers.</param>
    /// <param name="heads">The head of a replica in this process, or a <see cref="ReplicaLostException"/>.</param>
    /// <param name="models">How large images of each model are.</param>
    /// <param name="logger">Logs.</param>
    public ImageServer(Peers peers, FrameSerializer frames, Func<ReplicaKey, IReplicaHead> heads, ModelCatalog models,
        ILogger<ImageServer> logger)
    {
        _frames = frames;
        _heads = heads;
        _models = models;
        _logger = logger;
        peers.Ended += OnLinkEnded;
    }

    /// <summary>Bounds the features that are computed for others and not sent yet.</summary>
    public ImageServer Bounded(FeatureOptions options)
    {
        _features = new(options.HeldBytes);
        return this;
    }

    /// <summary>
    /// Largest image that is received: four times the largest that a model takes, so that one of wrong length is refused by itself.
    /// </summary>
    public int MaxImageBytes => (int)Math.Min(
        _models.Towers.Select(model => 4L * model.InputSize.PixelBytes).Append(MinImageBytes).Max(), int.MaxValue);

    /// <summary>Handles <see cref="FrameKinds.Image"/>.</summary>
    public ValueTask OnImage(Link link, Frame frame)
    {
        ImageHeader header = _frames.Read<ImageHeader>(frame);
        Pixels pixels = Pixels.Adopt(FrameSerializer.Body(frame));
        // The batcher's own bounds hold what waits: it refuses what is too much. The link goes on with the next frame.
        _ = EmbedAsync(link, header, pixels);
        return ValueTask.CompletedTask;
    }

    /// <summary>Handles <see cref="FrameKinds.Cancel"/>.</summary>
    public ValueTask OnCancel(Link link, Frame frame)
    {
        if (_images.TryGetValue((link, _frames.Read<long>(frame)), out CancellationTokenSource? unwanted))
            Signal(unwanted);
        return ValueTask.CompletedTask;
    }

    private async Task EmbedAsync(Link link, ImageHeader header, Pixels pixels)
    {
        ImageOrderHeader wanted = header.Order;
        using IDisposable? scope = RequestScope.Begin(_logger, wanted.RequestId);
        LogArrived(wanted.Image, wanted.RequestId, link.Peer.Node, header.Replica);
        using CancellationTokenSource unwanted = new();
        _images[(link, wanted.Image)] = unwanted;
        try
        {
            using (pixels)
            {
                ImageOrder order = ToOrder(pixels, wanted);
                ModelInfo? model = _models.FindTower(header.Replica.Model);
                if (model is not null && ImageOrderCheck.Fault(order, model) is { } fault)
                    throw new GridException(GridFault.InvalidRequest, fault);
                // Features are held from before they are computed until they were sent: an image waits for room rather than fill the
                // memory of a process whose links are slower than its devices.
                using IDisposable? held = order.Features is { } features && model is not null
                    ? await _features.TakeAsync(features.Bytes(model.FeatureShape), unwanted.Token) : null;
                ImageAnswer answer = await _heads(header.Replica).EmbedAsync(order, unwanted.Token);
                using (answer.Features)
                    await AnswerAsync(link, wanted.Exchange, answer);
                LogAnswered(wanted.Image, wanted.RequestId, link.Peer.Node);
            }
        }
        catch (OperationCanceledException) when (unwanted.IsCancellationRequested)
        {
            LogUnwanted(wanted.Image, wanted.RequestId, link.Peer.Node);
        }
        catch (Exception exception)
        {
            await RefuseAsync(link, wanted, exception);
        }
        finally
        {
            _images.TryRemove((link, wanted.Image), out _);
        }
    }

    private static ImageOrder ToOrder(Pixels pixels, ImageOrderHeader wanted) =>
        new(pixels, wanted.Layer, wanted.Lane, wanted.Bytes, wanted.Remaining)
        {
            Trace = PeerText.Label(wanted.Trace),
            RequestId = PeerText.Label(wanted.RequestId),
            Tenant = TenantLabel.Bounded(wanted.Tenant),
            Features = wanted.Features?.ToOrder(),
            Broken = Math.Max(0, wanted.Broken),
            ArePlanes = wanted.ArePlanes,
        };

    private async Task AnswerAsync(Link link, ExchangeId image, ImageAnswer answer)
    {
        if (answer.Features is { } features)
            await SendAsync(link, image, features);
        await link.SendAsync(
            FrameKinds.Answer,
            _frames.Write(new AnswerHeader(image.Low, answer.Queue, answer.Infer)
            {
                ImageHigh = image.High,
                Devices = answer.Origin?.Devices,
                Computed = answer.Origin?.Milliseconds ?? 0,
            }),
            MemoryMarshal.AsBytes(answer.ClsThenMean.AsSpan()).ToArray(),
            CancellationToken.None);
    }

    /// <summary>One image after another and one piece after another: an answer without features waits for a piece at most.</summary>
    private async Task SendAsync(Link link, ExchangeId image, FeatureSet features)
    {
        SemaphoreSlim turn = _turns.GetValue(link, _ => new(1, 1));
        await turn.WaitAsync();
        try
        {
            foreach ((int index, FeatureBlock block) in features.Blocks.Index())
            {
                long offset = 0;
                foreach (ReadOnlyMemory<byte> chunk in block.Chunks)
                {
                    FeatureAnswerHeader header = new(image.Low, image.High, index, offset, block.Bytes);
                    await link.SendAsync(FrameKinds.FeatureAnswer, _frames.Write(header), chunk, CancellationToken.None);
                    offset += chunk.Length;
                }
            }
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task RefuseAsync(Link link, ImageOrderHeader wanted, Exception failure)
    {
        LogRefused(wanted.Image, wanted.RequestId, link.Peer.Node, failure.Message);
        try
        {
            RefusalHeader header = new(wanted.Image, Failures.FaultOf(failure), failure.Message)
            {
                ImageHigh = wanted.ImageHigh,
                Loss = Failures.LossOf(failure),
            };
            await link.SendAsync(FrameKinds.Refusal, _frames.Write(header), default, CancellationToken.None);
        }
        catch (LinkEndedException exception)
        {
            LogNotAnswered(wanted.Image, wanted.RequestId, link.Peer.Node, exception.Message);
        }
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

    [LoggerMessage(5101, LogLevel.Debug, "Image {Image} of {FrontEnd}, request {RequestId}, is no longer wanted")]
    private partial void LogUnwanted(long image, string? requestId, string frontEnd);

    [LoggerMessage(5102, LogLevel.Information, "Image {Image}, request {RequestId}, could not be answered to {FrontEnd}: {Reason}")]
    private partial void LogNotAnswered(long image, string? requestId, string frontEnd, string reason);

    [LoggerMessage(5103, LogLevel.Debug, "Image {Image} of {FrontEnd}, request {RequestId}, has arrived for replica {Replica}")]
    private partial void LogArrived(long image, string? requestId, string frontEnd, ReplicaKey replica);

    [LoggerMessage(5104, LogLevel.Debug, "Image {Image} of {FrontEnd}, request {RequestId}, is answered")]
    private partial void LogAnswered(long image, string? requestId, string frontEnd);

    [LoggerMessage(5105, LogLevel.Debug, "Image {Image} of {FrontEnd}, request {RequestId}, is given back: {Reason}")]
    private partial void LogRefused(long image, string? requestId, string frontEnd, string reason);
}
