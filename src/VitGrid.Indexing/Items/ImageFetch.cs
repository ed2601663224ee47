using Microsoft.Win32.SafeHandles;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Archives;
using VitGrid.Indexing.Spool;
using VitGrid.Runtime.Images;

namespace VitGrid.Indexing.Items;

/// <summary>
/// Reads the image a URI names: <c>file:</c> below the allowed folders, <c>s3:</c> in the allowed buckets, a place inside an archive there,
/// <c>data:</c>, and <c>https:</c> where that is allowed. A file is opened before its folder is judged, so that no link leads out of it.
/// Of what came over HTTP only files below folders, and objects in buckets, of their own are read.
/// </summary>
internal sealed class ImageFetch(IndexingOptions options, ImageLimits limits, UrlFetcher urls)
{
    private readonly string[] _roots = [.. AllowedFolders.Resolve(options.Roots)];
    private readonly string[] _httpRoots = options.HttpFileRoots.Count == 0 ? [] : [.. AllowedFolders.Resolve(options.HttpFileRoots)];
    private readonly SpoolImage _spool = new(new SpoolFolder(options));
    private readonly ArchiveImage _archives = new(options.ArchiveBytes);
    private readonly ParquetImage _rows = new(options.ArchiveBytes);
    private readonly ObjectStore _objects = new(options.S3, options.ArchiveBytes);

    /// <summary>Whether files or objects that HTTP clients name are read at all.</summary>
    public bool TakesHttpFiles => _httpRoots.Length > 0 || options.S3.HttpBuckets.Count > 0;

    /// <summary>Finds out how many bytes reading takes; an upper bound for <c>data:</c> and for what a URL names.</summary>
    /// <param name="uri">The image's.</param>
    /// <param name="fromHttp">Whether an HTTP client wrote it.</param>
    /// <exception cref="UrlFetchException">The URL is not allowed.</exception>
    /// <exception cref="ItemException">The URI is malformed or not allowed, or the image too large.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public ImageSource Find(string uri, bool fromHttp = false)
    {
        if (uri.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            return Checked(new ImageSource(DataUri.LengthOf(uri), _ => Task.FromResult(DataUri.Read(uri))));
        if (SpoolImage.IsOne(uri))
            return Checked(_spool.Find(uri));
        if (ArchivePlace.IsOne(uri))
            return InArchive(uri, fromHttp);
        if (ParquetPlace.IsOne(uri))
            return InParquet(uri, fromHttp);
        if (ObjectPlace.IsOne(uri))
            return Checked(_objects.Image(uri, limits.MaxFileBytes, fromHttp));
        if (!Uri.TryCreate(uri, UriKind.Absolute, out Uri? parsed))
            throw Refused(ApiCode.InvalidUri, $"'{Short(uri)}' is no URI; give file:///…, s3://…, https://… or data:image/…;base64,…");
        if (parsed.Scheme == Uri.UriSchemeHttps || parsed.Scheme == Uri.UriSchemeHttp)
            return AtUrl(uri);
        if (!parsed.IsFile || parsed.IsUnc)
            throw Refused(ApiCode.UrlNotAllowed,
                $"'{Short(uri)}' is not fetched: only file: below Indexing:Roots, s3: in Indexing:S3:Buckets, data:, and "
                    + "https: where UrlFetch:Enabled are; copy the image to a folder that the workers see");
        if (parsed.LocalPath.Contains('\0', StringComparison.Ordinal))
            throw Refused(ApiCode.InvalidUri, $"'{Short(uri)}' holds NUL (%00), which no file's name may; correct the URI");
        return FileAt(parsed.LocalPath, uri, fromHttp);
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

    private ImageSource InArchive(string uri, bool fromHttp)
    {
        ArchivePlace place = ArchiveImage.Parse(uri);
        IArchiveBytes archive = ArchiveAt(place.Archive, place.Version, uri, fromHttp);
        ArchiveImage.Demand(place, archive);
        return new(
            Checked(place.Image.Length), cancellation => _archives.ReadAsync(place, place.Image, archive, cancellation))
        {
            ReadMetadata = async cancellation =>
            {
                List<(string Name, byte[] Bytes)> fields = [];
                foreach (ArchiveField field in place.Fields)
                    fields.Add((field.Field, await _archives.ReadAsync(place, field.Range, archive, cancellation)));
                return ItemMetadata.Write(fields);
            },
        };
    }

    private ImageSource InParquet(string uri, bool fromHttp)
    {
        ParquetPlace place = ParquetImage.Parse(uri);
        IArchiveBytes file = ArchiveAt(place.File, place.Version, uri, fromHttp);
        return new(limits.MaxFileBytes, cancellation => _rows.ReadAsync(place, limits.MaxFileBytes, file, cancellation));
    }

    /// <summary>The archive that a place names, if it may be read.</summary>
    private IArchiveBytes ArchiveAt(string archive, string version, string uri, bool fromHttp)
    {
        if (ObjectPlace.IsOne(archive))
            return _objects.Archive(archive, version, fromHttp);
        if (!Uri.TryCreate(archive, UriKind.Absolute, out Uri? parsed) || !parsed.IsFile || parsed.IsUnc)
        {
            throw Refused(ApiCode.UrlNotAllowed, $"'{Short(uri)}' is not read: archives are read in place from file: below Indexing:Roots "
                + "and from s3:");
        }
        if (parsed.LocalPath.Contains('\0', StringComparison.Ordinal))
            throw Refused(ApiCode.InvalidUri, $"'{Short(uri)}' holds NUL (%00), which no file's name may; correct the URI");
        DemandHttpFiles(fromHttp);
        return new ArchiveFile(archive, version, () => Open(parsed.LocalPath, uri, fromHttp));
    }

    private void DemandHttpFiles(bool fromHttp)
    {
        if (fromHttp && _httpRoots.Length == 0)
            throw Refused(ApiCode.UrlNotAllowed,
                "file: is not read for requests that came over HTTP; send the image itself, such as data:image/jpeg;base64,…, or name the "
                    + "folders that clients may read in Indexing:HttpFileRoots of every worker");
    }

    private ImageSource FileAt(string path, string uri, bool fromHttp)
    {
        DemandHttpFiles(fromHttp);
        using SafeFileHandle file = Open(path, uri, fromHttp);
        return new(Checked(CheckedFile.LengthOf(file)), _ => Task.FromResult(Read(path, uri, fromHttp)));
    }

    /// <summary>Opens and judges it anew: meanwhile it may be another.</summary>
    private byte[] Read(string path, string uri, bool fromHttp)
    {
        using SafeFileHandle file = Open(path, uri, fromHttp);
        byte[] image = new byte[Checked(CheckedFile.LengthOf(file))];
        int read = 0, more;
        while (read < image.Length && (more = RandomAccess.Read(file, image.AsSpan(read), read)) > 0)
            read += more;
        return read == image.Length ? image : throw new IOException($"'{Short(uri)}' became shorter while it was read");
    }

    private SafeFileHandle Open(string path, string uri, bool fromHttp)
    {
        string[] roots = fromHttp ? _httpRoots : _roots;
        return CheckedFile.Open(path, roots) ?? throw Refused(ApiCode.UrlNotAllowed,
            $"'{Short(uri)}' lies outside the folders this worker may read ({string.Join(", ", roots)}); add its folder with "
                + $"--VitGrid:Indexing:Roots");
    }

    private ImageSource Checked(ImageSource source) => source with { Bytes = Checked(source.Bytes) };

    private long Checked(long bytes) => bytes <= limits.MaxFileBytes
        ? bytes
        : throw Refused(ApiCode.ImageTooLarge,
            $"the file is {bytes} bytes, the limit is {limits.MaxFileBytes} bytes (Images:MaxFileBytes); shrink the image");

    private static ItemException Refused(string code, string message) => new(ItemFault.Poison(code, message));

    private static string Short(string uri) => uri.Length > 200 ? $"{uri[..200]}…" : uri;
}

/// <summary>An image that may be read.</summary>
/// <param name="Bytes">Most bytes it holds.</param>
/// <param name="Read">Reads it.</param>
internal sealed record ImageSource(long Bytes, Func<CancellationToken, Task<byte[]>> Read)
{
    /// <summary>Reads what stands beside it, as a JSON object; gives null where nothing does.</summary>
    public Func<CancellationToken, Task<string?>> ReadMetadata { get; init; } = _ => Task.FromResult<string?>(null);
}
