using System.Buffers;
using System.Net;
using VitGrid.Hub.Cache;
using VitGrid.Hub.Http;

namespace VitGrid.Hub.Pulling;

/// <summary>Fetches one file into the cache: from where an earlier attempt was cut, and whole or not at all.</summary>
/// <param name="http">The hub.</param>
/// <param name="settings">Where it is.</param>
/// <param name="cache">The repository's part of the cache.</param>
/// <param name="revision">The repository.</param>
internal sealed class BlobDownload(HubHttp http, HubSettings settings, CacheFolder cache, HubRevision revision)
{
    private const int BufferBytes = 1 << 20;
    private const int MaxFruitless = 5;

    /// <summary>Fetches a file that is not there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="moved">Told of bytes that came (network true), were there before (false), or were thrown away (negative).</param>
    /// <param name="waiting">Told once, if another process fetches the file.</param>
    /// <param name="cancellationToken">Gives up; what came so far stays.</param>
    /// <exception cref="HubException">It cannot be fetched, or is another than the hub says.</exception>
    public async Task RunAsync(HubFile file, Action<long, bool> moved, Action waiting, CancellationToken cancellationToken)
    {
        using BlobLock held = await BlobLock.TakeAsync(cache.Lock(file), waiting, cancellationToken);
        if (CacheFolder.LengthOf(cache.Blob(file)) == file.Bytes)
        {
            moved(file.Bytes, false);
            return;
        }
        Directory.CreateDirectory(Path.GetDirectoryName(cache.Blob(file))!);
        string found = await FetchAsync(file, moved, cancellationToken);
        if (found != file.Hash)
        {
            // What was there from an earlier attempt may be another program's: once more from the beginning.
            moved(-file.Bytes, false);
            File.Delete(cache.Incomplete(file));
            found = await FetchAsync(file, moved, cancellationToken);
        }
        if (found != file.Hash)
        {
            File.Delete(cache.Incomplete(file));
            throw new HubException(
                $"{file.Path} of {revision.Repository} came with the checksum {found} instead of {file.Hash}, twice: something between "
                + $"here and {settings.Endpoint} changes files; pull again, or by another network");
        }
        File.Move(cache.Incomplete(file), cache.Blob(file), overwrite: true);
    }

    /// <summary>Fetches what is missing.</summary>
    /// <returns>The checksum of the whole.</returns>
    private async Task<string> FetchAsync(HubFile file, Action<long, bool> moved, CancellationToken cancellationToken)
    {
        await using FileStream target = new(
            cache.Incomplete(file), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1, FileOptions.Asynchronous);
        using Checksum checksum = new(file);
        if (target.Length > file.Bytes)
            target.SetLength(0);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (int count; (count = await target.ReadAsync(buffer, cancellationToken)) > 0;)
                checksum.Add(buffer.AsSpan(0, count));
            moved(target.Length, false);
            for (int fruitless = 0; target.Length < file.Bytes;)
            {
                long before = target.Length;
                Exception? cut = await AppendAsync(file, target, checksum, buffer, moved, cancellationToken);
                fruitless = target.Length > before ? 0 : fruitless + 1;
                if (fruitless == MaxFruitless)
                    throw new HubException(
                        $"{file.Path} of {revision.Repository} stops at {target.Length} of {file.Bytes} bytes, {MaxFruitless} times in a "
                        + $"row: {cut?.Message ?? "the connection ends"}; what came is kept: pull again", cut);
            }
            await target.FlushAsync(cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return checksum.Finish();
    }

    /// <summary>Reads one answer to its end.</summary>
    /// <returns>What cut it; null: nothing.</returns>
    private async Task<Exception?> AppendAsync(
        HubFile file, FileStream target, Checksum checksum, byte[] buffer, Action<long, bool> moved, CancellationToken cancellationToken)
    {
        string path = string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString));
        Uri address = new($"{settings.Endpoint.ToString().TrimEnd('/')}/{revision.Repository}/resolve/{revision.Commit}/{path}");
        using HttpResponseMessage response = await http.GetAsync(address, target.Length, revision.Repository, file.Path, cancellationToken);
        long skip = Skip(response, target.Length);
        if (skip < 0)
            throw new HubException(
                $"{address.Host} answers {(int)response.StatusCode} to a request for the rest of {file.Path}; pull again");
        try
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
            while (target.Length < file.Bytes)
            {
                int count = await ReadAsync(body, buffer, cancellationToken);
                if (count == 0)
                    return null;
                int skipped = (int)Math.Min(skip, count);
                skip -= skipped;
                int kept = (int)Math.Min(count - skipped, file.Bytes - target.Length);
                await target.WriteAsync(buffer.AsMemory(skipped, kept), cancellationToken);
                checksum.Add(buffer.AsSpan(skipped, kept));
                moved(kept, true);
            }
            return null;
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutException
            || (exception is IOException && !IsDiskFull(exception)))
        {
            return exception;
        }
    }

    /// <summary>Bytes at the answer's beginning that are there already: a server may not know ranges. Negative: it is no answer.</summary>
    private static long Skip(HttpResponseMessage response, long from) => response.StatusCode switch
    {
        HttpStatusCode.OK => from,
        HttpStatusCode.PartialContent when response.Content.Headers.ContentRange?.From is { } first && first <= from => from - first,
        _ => -1,
    };

    private async Task<int> ReadAsync(Stream body, byte[] buffer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(settings.Silence);
        try
        {
            return await body.ReadAsync(buffer, silence.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"nothing came for {settings.Silence.TotalSeconds:0} s", exception);
        }
    }

    private static bool IsDiskFull(Exception exception) => exception.HResult is 28 or unchecked((int)0x80070070);
}
