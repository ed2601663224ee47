using VitGrid.Engine.Options;
using System.Diagnostics;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;

namespace VitGrid.Server.Api.Requests;

/// <summary>The images of a request that are to be fetched. Their bytes count as those of bodies do.</summary>
internal sealed class ImageUrls(UrlFetcher fetcher, ImageOptions limits, RequestMetrics metrics)
{
    /// <summary>The request, with the URLs that cannot be allowed refused before anything is computed.</summary>
    public ParsedRequest Check(ParsedRequest request) =>
        request.Images.All(image => image.Url is null) ? request : request with { Images = [.. request.Images.Select(Checked)] };

    /// <summary>
    /// Fetches the image at <paramref name="url"/> into <paramref name="share"/> and embeds it; the request's time passes meanwhile.
    /// </summary>
    /// <exception cref="UrlFetchException">There is no image.</exception>
    public async Task<EmbeddingResult> EmbedAsync(
        string url, EmbeddingRequest request, BodyShare share, EmbedImage embed, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        using RequestBody body = await FetchAsync(url, request.Timeout, share, cancellationToken);
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        metrics.Fetched(request.Model, took);
        if (body.Bytes.IsEmpty)
            throw new ImageException(ImageFault.DecodeFailed, $"'{UrlRules.Show(url)}' is empty (0 bytes); name an image");
        EmbeddingRequest whole =
            request with { Image = body.Bytes, ImageOwner = body.Buffer.Share(), Timeout = Rest(request.Timeout, took) };
        try
        {
            EmbeddingResult result = await embed(whole, cancellationToken);
            return result with { Timings = result.Timings with { Fetch = took } };
        }
        finally
        {
            body.Buffer.Forget();
        }
    }

    private ImageInput Checked(ImageInput image)
    {
        if (image.Url is null)
            return image;
        try
        {
            fetcher.Check(image.Url);
            return image;
        }
        catch (UrlFetchException exception)
        {
            return ImageInput.Refused(image.Param, exception.Code, $"{image.Param}: {exception.Message}");
        }
    }

    private async Task<RequestBody> FetchAsync(string url, TimeSpan? timeout, BodyShare share, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = timeout is { } limit ? new(limit) : new();
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await fetcher.FetchAsync(
                url, (body, token) => RequestBody.ReadAsync(body, null, limits.MaxFileBytes, share, token), either.Token);
        }
        catch (OperationCanceledException exception) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new GridException(GridFault.DeadlineExceeded,
                $"'{UrlRules.Show(url)}' was not fetched within {timeout!.Value.TotalMilliseconds:0} ms; raise the request's timeout",
                exception);
        }
    }

    private static TimeSpan? Rest(TimeSpan? timeout, TimeSpan took)
    {
        TimeSpan least = TimeSpan.FromMilliseconds(1);
        return timeout is { } all ? all - took > least ? all - took : least : null;
    }
}
