using VitGrid.Indexing.Items;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Indexing.Administration;

/// <summary>
/// Small images of items, one at a time. Made by a worker of the queue, which may read what items name, under the bounds under which it
/// reads them to compute vectors; or by a front end that was told such bounds of its own. Any thread may call.
/// </summary>
public sealed class ItemThumbnails : IDisposable
{
    /// <summary>Width and height, in pixels; an image that is no square has a border.</summary>
    public const int Side = 96;

    private static readonly PreprocessProfile Profile = new()
    {
        Mode = ResizeMode.Border,
        Size = InputSize.Square(Side),
        Fill = new(0x80, 0x80, 0x80),
        Exif = ExifOrientation.Apply,
        FastDecode = true,
    };

    private readonly SemaphoreSlim _turn = new(1);
    private readonly ImageFetch _fetch;
    private readonly IImageDecoder _decoder;

    internal ItemThumbnails(ImageFetch fetch, IImageDecoder decoder) => (_fetch, _decoder) = (fetch, decoder);

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    /// <summary>Makes one.</summary>
    /// <param name="uri">Where the image is.</param>
    /// <param name="isFromHttp">Whether a client of HTTP named it: it may read less.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Red, green and blue of each pixel, row by row; or why there is none.</returns>
    public async Task<(byte[]? Pixels, string? Problem)> MakeAsync(string uri, bool isFromHttp, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (TextUri.IsOne(uri))
                return (null, "it is a text");
            byte[] file = await _fetch.Find(uri, isFromHttp).Read(cancellationToken);
            DecodeCost cost = _decoder.Measure(file, Profile);
            if (cost.IsLong)
                return (null, "it is so large that the decoder is left to those who wait for vectors");
            byte[] pixels = new byte[Side * Side * 3];
            await Task.Run(() => _decoder.Decode(new(file, Profile, cost), pixels, cancellationToken), cancellationToken);
            return (pixels, null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return (null, ItemFault.From(exception).Message);
        }
        finally
        {
            _turn.Release();
        }
    }
}
