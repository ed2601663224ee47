using VitGrid.Engine.Errors;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Spool;
using VitGrid.Runtime.Images;

namespace VitGrid.Indexing.Items;

/// <summary>
/// Reads the image a URI names: <c>file:</c> below the allowed folders, <c>data:</c>, and <c>https:</c> where that is allowed. Links are
/// followed before the folder is judged, so that none leads out of it.
/// </summary>
internal sealed class ImageFetch(IndexingOptions options, ImageLimits limits, UrlFetcher urls)
{
    private readonly string[] _roots = [.. AllowedFolders.Resolve(options.Roots)];
    private readonly SpoolImage _spool = new(new SpoolFolder(options));

    /// <summary>How many bytes reading it will take; an upper bound for <c>data:</c> and for what a URL names.</summary>
    /// <exception cref="UrlFetchException">The URL is not allowed.</exception>
    /// <exception cref="ItemException">The URI is malformed or not allowed, or the image too large.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public ImageSource Find(string uri)
    {
        if (uri.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            return Checked(new(DataUri.LengthOf(uri), _ => Task.FromResult(DataUri.Read(uri))));
        if (SpoolImage.IsOne(uri))
            return Checked(_spool.Find(uri));
        if (!Uri.TryCreate(uri, UriKind.Absolute, out Uri? parsed))
            throw Refused(ApiCode.InvalidUri, $"'{Short(uri)}' is no URI; give file:///…, https://… or data:image/…;base64,…");
        if (parsed.Scheme == Uri.UriSchemeHttps || parsed.Scheme == Uri.UriSchemeHttp)
            return AtUrl(uri);
        if (!parsed.IsFile || parsed.IsUnc)
            throw Refused(ApiCode.UrlNotAllowed,
                $"'{Short(uri)}' is not fetched: only file: below Indexing:Roots, data:, and https: where UrlFetch:Enabled are; copy the "
                    + $"image to a folder that the workers see");
        if (parsed.LocalPath.Contains('\0', StringComparison.Ordinal))
            throw Refused(ApiCode.InvalidUri, $"'{Short(uri)}' holds NUL (%00), which no file's name may; correct the URI");
        return Checked(FileAt(parsed.LocalPath, uri));
    }

    private ImageSource AtUrl(string url)
    {
        urls.Check(url);
        return new(limits.MaxFileBytes, cancellation => urls.FetchAsync(url, ReadAsync, cancellation));
    }

    private static async Task<byte[]> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        using MemoryStream image = new();
        await body.CopyToAsync(image, cancellationToken);
        return image.ToArray();
    }

    private ImageSource FileAt(string path, string uri)
    {
        FileInfo file = new(AllowedFolders.RealPath(path));
        if (!AllowedFolders.Contains(_roots, file.FullName))
            throw Refused(ApiCode.UrlNotAllowed,
                $"'{Short(uri)}' lies outside the folders this worker may read ({string.Join(", ", _roots)}); add its folder with "
                    + $"--VitGrid:Indexing:Roots");
        // A pipe or device has no length; it is not opened, since that could take for ever, and what is empty is no image.
        return new(file.Length, _ => Task.FromResult(file.Length == 0 ? [] : File.ReadAllBytes(file.FullName)));
    }

    private ImageSource Checked(ImageSource source) => source.Bytes <= limits.MaxFileBytes
        ? source
        : throw Refused(ApiCode.ImageTooLarge,
            $"the file is {source.Bytes} bytes, the limit is {limits.MaxFileBytes} bytes (Images:MaxFileBytes); shrink the image");

    private static ItemException Refused(string code, string message) => new(ItemFault.Poison(code, message));

    private static string Short(string uri) => uri.Length > 200 ? $"{uri[..200]}…" : uri;
}

/// <summary>An image that may be read.</summary>
/// <param name="Bytes">Most bytes it holds.</param>
/// <param name="Read">Reads it.</param>
internal sealed record ImageSource(long Bytes, Func<CancellationToken, Task<byte[]>> Read);
