using VitGrid.Indexing.Sinks.Files;
using VitGrid.S3;

namespace VitGrid.Indexing.Sinks.Buckets;

/// <summary>Objects below a prefix; a store gives each as a whole.</summary>
internal sealed class StateObjects(BucketTarget target, Lazy<S3Store> store) : IStateFiles
{
    /// <inheritdoc/>
    public string PlaceOf(string name) => target.UriOf(target.State + name);

    /// <inheritdoc/>
    public Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken) =>
        store.Value.TryReadAsync(target.Bucket, target.State + name, cancellationToken);

    /// <inheritdoc/>
    public async Task WriteAsync(string name, Func<Stream, Task> write, bool replace, CancellationToken cancellationToken)
    {
        if (replace)
        {
            await using S3WriteStream upload = store.Value.Writer.Upload(target.Bucket, target.State + name);
            await write(upload);
            await upload.StoreAsync(cancellationToken);
            return;
        }
        using MemoryStream whole = new();
        await write(whole);
        await TryCreateAsync(name, whole.ToArray(), cancellationToken);
    }

    /// <summary>Writes an object that is not there yet; false: it is, and stays as it is.</summary>
    public Task<bool> TryCreateAsync(string name, byte[] bytes, CancellationToken cancellationToken) =>
        store.Value.Writer.TryPutAsync(target.Bucket, target.State + name, bytes, onlyNew: true, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        store.Value.Writer.DeleteAsync(target.Bucket, target.State + name, cancellationToken);
}
