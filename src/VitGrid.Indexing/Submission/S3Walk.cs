using VitGrid.Indexing.Archives;
using VitGrid.S3;

namespace VitGrid.Indexing.Submission;

/// <summary>
/// Lists objects as items: an image, an archive in place, or all of both below a prefix. An object that cannot be read is told, and the
/// rest goes on; a store that does not answer, or lists nothing, ends the submission, which goes on where it stopped.
/// </summary>
internal static class S3Walk
{
    /// <summary>Tells whether an object is listed in place: an archive or a Parquet file.</summary>
    public static bool IsPlaces(string key) => ArchiveWalk.IsName(key) || ParquetWalk.IsName(key);

    /// <summary>Refuses what is not there, or may not be read, before anything is submitted.</summary>
    /// <exception cref="IndexException">The store does not answer, or refuses; or nothing is there.</exception>
    public static void Check(string source, S3Store store)
    {
        S3Source named = S3Source.Parse(source);
        if (!Guarded(named.IsOne ? Single(named, store) : Listed(named, store)).Any())
        {
            throw new IndexException(
                $"source '{source}' is not there: no image and no archive; name s3://BUCKET/PREFIX/ or s3://BUCKET/a.tar");
        }
    }

    /// <summary>Gives the items, by key.</summary>
    /// <exception cref="IndexException">The store does not answer, or refuses to list.</exception>
    public static IEnumerable<SourceLine> Read(string source, S3Store store)
    {
        S3Source named = S3Source.Parse(source);
        return Guarded(named.IsOne
            ? Told(Single(named, store).SelectMany(found => Items(found, store)))
            : Listed(named, store).SelectMany(found => Told(Items(found, store))));
    }

    private static IEnumerable<S3Object> Listed(S3Source named, S3Store store)
    {
        Func<string, bool> isMeant = named.Filter();
        return store.ListAsync(named.Bucket, named.Prefix, CancellationToken.None).ToBlockingEnumerable()
            .Where(found => isMeant(found.Key));
    }

    private static IEnumerable<S3Object> Single(S3Source named, S3Store store)
    {
        // Sources are read one after another, on the submitter's own thread.
        yield return store.FindAsync(named.Bucket, named.Key, CancellationToken.None).GetAwaiter().GetResult();
    }

    private static IEnumerable<SourceLine> Items(S3Object found, S3Store store)
    {
        string uri = ObjectPlace.UriOf(found), version = ObjectPlace.VersionOf(found);
        if (ImageWalk.IsImageName(found.Key))
            return [SourceLine.Read($"{found}", $"{uri}?of={version}", "/", $"{found}")];
        return ArchiveWalk.IsName(found.Key)
            ? ArchiveWalk.Read($"{found}", uri, version, () => new S3Stream(store, found))
            : ParquetWalk.Read($"{found}", uri, version, () => new S3Stream(store, found));
    }

    /// <summary>What is wrong with one object is a line of its own. A store that does not answer is no object's fault.</summary>
    private static IEnumerable<SourceLine> Told(IEnumerable<SourceLine> lines)
    {
        using IEnumerator<SourceLine> each = lines.GetEnumerator();
        while (true)
        {
            string? fault = null;
            try
            {
                if (!each.MoveNext())
                    yield break;
            }
            catch (S3Exception exception) when (exception.Fault != S3Fault.Unavailable)
            {
                fault = exception.Message;
            }
            yield return fault is null ? each.Current : new("", "", fault);
            if (fault is not null)
                yield break;
        }
    }

    private static IEnumerable<T> Guarded<T>(IEnumerable<T> objects)
    {
        using IEnumerator<T> each = objects.GetEnumerator();
        while (true)
        {
            try
            {
                if (!each.MoveNext())
                    yield break;
            }
            catch (S3Exception exception)
            {
                throw new IndexException(exception.Message, exception);
            }
            yield return each.Current;
        }
    }
}
