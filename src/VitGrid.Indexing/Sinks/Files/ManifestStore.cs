using System.Text.Json;

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>The manifest <c>vitgrid.json</c> of a file sink; whole at every moment.</summary>
internal sealed class ManifestStore(FileTarget target)
{
    private string Place => Path.Combine(target.State, "vitgrid.json");

    /// <summary>The manifest; null where there is none.</summary>
    /// <exception cref="SinkException">It cannot be read as one.</exception>
    public async Task<SinkManifest?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Place))
            return null;
        try
        {
            await using FileStream file = new(Place, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            SinkManifest manifest = (await JsonSerializer.DeserializeAsync<SinkManifest>(file, SinkJson.Options, cancellationToken))!;
            return manifest.Format == SinkManifest.CurrentFormat
                ? manifest : throw Refused($"has format {manifest.Format}; this version reads {SinkManifest.CurrentFormat}");
        }
        catch (JsonException exception)
        {
            throw Refused($"is damaged ({exception.Message})");
        }
    }

    /// <summary>Writes the first manifest; of several processes that try, one does.</summary>
    public Task CreateAsync(SinkManifest manifest, CancellationToken cancellationToken) =>
        PutAsync(manifest, replace: false, cancellationToken);

    /// <summary>Replaces the manifest.</summary>
    public Task ReplaceAsync(SinkManifest manifest, CancellationToken cancellationToken) =>
        PutAsync(manifest, replace: true, cancellationToken);

    private async Task PutAsync(SinkManifest manifest, bool replace, CancellationToken cancellationToken)
    {
        string hidden = Path.Combine(target.State, $".vitgrid-{Guid.NewGuid():N}.tmp");
        await DurableFile.WriteAsync(
            hidden, "", stream => JsonSerializer.SerializeAsync(stream, manifest, SinkJson.Options, cancellationToken), cancellationToken);
        try
        {
            File.Move(hidden, Place, replace);
        }
        catch (IOException) when (!replace && File.Exists(Place))
        {
            File.Delete(hidden);
        }
        DurableFile.FlushNames(target.State);
    }

    private SinkException Refused(string what) =>
        new(SinkFault.Refused, $"{target.Name}: {Place} {what}; use another target, or restore it");
}
