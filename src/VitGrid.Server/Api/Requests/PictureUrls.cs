using System.Diagnostics;
using VitGrid.Grains;
using VitGrid.Grains.Fetching;
using VitGrid.Runtime.Images;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Requests;

/// <summary>The pictures of a request that are to be fetched. Their bytes count as those of bodies do.</summary>
internal sealed class PictureUrls(UrlFetcher fetcher, ImageOptions limits, BodyMemory memory, RequestMetrics metrics)
{
    /// <summary>The request, with the URLs that cannot be allowed refused before anything is computed.</summary>
    public ParsedRequest Check(ParsedRequest request) =>
        request.Pictures.All(picture => picture.Url is null) ? request : request with { Pictures = [.. request.Pictures.Select(Checked)] };

    /// <summary>Fetches the picture at <paramref name="url"/> and embeds it; the request's time passes meanwhile.</summary>
    /// <exception cref="UrlFetchException">There is no picture.</exception>
    public async Task<EmbeddingResult> EmbedAsync(string url, EmbeddingRequest request, EmbedPicture embed, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        using RequestBody body = await FetchAsync(url, request.Timeout, cancellation);
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        metrics.Fetched(request.Model, took);
        if (body.Bytes.IsEmpty)
            throw new ImageException(ImageFault.DecodeFailed, $"'{UrlRules.Show(url)}' is empty (0 bytes); name a picture");
        EmbeddingRequest whole = request with { Image = body.Bytes, ImageOwner = body.Buffer.Share(), Timeout = Rest(request.Timeout, took) };
        try
        {
            EmbeddingResult result = await embed(whole, cancellation);
            return result with { Timings = result.Timings with { Fetch = took } };
        }
        finally
        {
            body.Buffer.Forget();
        }
    }

    private PictureInput Checked(PictureInput picture)
    {
        if (picture.Url is null)
            return picture;
        try
        {
            fetcher.Check(picture.Url);
            return picture;
        }
        catch (UrlFetchException refused)
        {
            return PictureInput.Refused(picture.Param, refused.Code, $"{picture.Param}: {refused.Message}");
        }
    }

    private async Task<RequestBody> FetchAsync(string url, TimeSpan? timeout, CancellationToken cancellation)
    {
        using CancellationTokenSource late = timeout is { } limit ? new(limit) : new();
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            return await fetcher.FetchAsync(url, (body, token) => RequestBody.ReadAsync(body, null, limits.MaxFileBytes, memory, token), either.Token);
        }
        catch (OperationCanceledException passed) when (late.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new GridException(GridFault.DeadlineExceeded,
                $"'{UrlRules.Show(url)}' was not fetched within {timeout!.Value.TotalMilliseconds:0} ms; raise the request's timeout", passed);
        }
    }

    private static TimeSpan? Rest(TimeSpan? timeout, TimeSpan took)
    {
        TimeSpan least = TimeSpan.FromMilliseconds(1);
        return timeout is { } all ? all - took > least ? all - took : least : null;
    }
}
