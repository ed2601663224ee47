using System.Text.Json;

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>The manifest <c>vitgrid.json</c> of a file sink; whole at every moment.</summary>
/// <param name="target">The sink as users name it.</param>
/// <param name="files">Where the manifest lies.</param>
internal sealed class ManifestStore(string target, IStateFiles files)
{
    private const string Manifest = "vitgrid.json";

    /// <summary>The manifest of a folder.</summary>
    public static ManifestStore From(FileTarget target) => new(target.Name, new StateFolder(target.State));

    /// <summary>Where it lies, for messages.</summary>
    public string Place => files.PlaceOf(Manifest);

    /// <summary>The manifest; null where there is none.</summary>
    /// <exception cref="SinkException">It cannot be read as one.</exception>
    public async Task<SinkManifest?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await files.ReadAsync(Manifest, cancellationToken) is not { } bytes)
            return null;
        try
        {
            SinkManifest manifest = JsonSerializer.Deserialize<SinkManifest>(bytes, SinkJson.Options)!;
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

    private Task PutAsync(SinkManifest manifest, bool replace, CancellationToken cancellationToken) => files.WriteAsync(
        Manifest, stream => JsonSerializer.SerializeAsync(stream, manifest, SinkJson.Options, cancellationToken), replace,
        cancellationToken);

    private SinkException Refused(string what) =>
        new(SinkFault.Refused, $"{target}: {Place} {what}; use another target, or restore it");
}
