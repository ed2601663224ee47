using VitGrid.Engine.Errors;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Archives;
using VitGrid.S3;

namespace VitGrid.Indexing.Items;

/// <summary>Objects that this worker may read: those of the buckets that its operator has named, and fewer for HTTP clients.</summary>
internal sealed class ObjectStore(S3Options options, long maxBytes)
{
    private readonly Lazy<S3Store> _store = new(() => Open(options));
    private readonly RangeCache _ranges = new(maxBytes);

    /// <summary>Opens the store that the settings name.</summary>
    /// <exception cref="S3Exception">The settings do not hold.</exception>
    public static S3Store Open(S3Options options) => new(new()
    {
        Endpoint = options.Endpoint is { } endpoint ? new(endpoint) : null,
        AllowHttp = options.AllowHttp,
        Region = options.Region,
        Profile = options.Profile,
        PathStyle = options.PathStyle ? true : null,
        Anonymous = options.Anonymous,
        Timeout = TimeSpan.FromMilliseconds(options.TimeoutMilliseconds),
    });

    /// <summary>An archive of which a place was listed.</summary>
    /// <exception cref="ItemException">The bucket is not one that may be read, or the URI or version malformed.</exception>
    public IArchiveBytes Archive(string uri, string version, bool fromHttp)
    {
        ObjectPlace place = ObjectPlace.Parse($"{uri}?of={version}") ?? throw Malformed();
        Demand(place, fromHttp);
        return new ArchiveObject(_store.Value, place.Object!, _ranges);
    }

    /// <summary>An image that is an object.</summary>
    /// <exception cref="ItemException">The bucket is not one that may be read, or the URI malformed.</exception>
    public ImageSource Image(string uri, long maxImage, bool fromHttp)
    {
        ObjectPlace place = ObjectPlace.Parse(uri) ?? throw Malformed();
        Demand(place, fromHttp);
        return new(place.Object?.Length ?? maxImage, async cancellation =>
        {
            S3Object found = place.Object ?? await _store.Value.FindAsync(place.Bucket, place.Key, cancellation);
            return found.Length <= maxImage
                ? await _store.Value.ReadAsync(found, 0, (int)found.Length, cancellation)
                : throw new ItemException(ItemFault.Poison(ApiCode.ImageTooLarge,
                    $"'{found}' is {found.Length} bytes, the limit is {maxImage} bytes (Images:MaxFileBytes); shrink the image"));
        });
    }

    private void Demand(ObjectPlace place, bool fromHttp)
    {
        if (fromHttp && !options.HttpBuckets.Any(place.IsIn))
            throw Refused("objects are not read for requests that came over HTTP unless Indexing:S3:HttpBuckets of every worker names "
                + "their bucket; send the image itself, such as data:image/jpeg;base64,…");
        if (!options.Buckets.Any(allowed => allowed == "*" || place.IsIn(allowed)) && !fromHttp)
            throw Refused($"'s3://{place.Bucket}/{place.Key}' lies in no bucket that this worker may read; add '{place.Bucket}' to "
                + "Indexing:S3:Buckets of every worker");
    }

    /// <summary>Not repeated: somebody may have put credentials into it.</summary>
    private static ItemException Malformed() => new(ItemFault.Poison(ApiCode.InvalidUri, $"the URI names no object; {ObjectPlace.Remedy}"));

    private static ItemException Refused(string message) => new(ItemFault.Poison(ApiCode.UrlNotAllowed, message));
}
