using System.Text.Json;

namespace VitGrid.Access.Keys;

/// <summary>
/// Keys in a JSON file that only its owner reads. A change replaces the file whole under a lock beside it, so that readers see the one or
/// the other and of two writers each is heard.
/// </summary>
/// <param name="path">The file; it need not be there.</param>
public sealed class KeyFile(string path) : IKeyStore
{
    private const int MaxBytes = 4 << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Where keys lie when no setting says so.</summary>
    public static string DefaultPath => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
        "vitgrid", "keys.json");

    /// <inheritdoc/>
    public string Place => path;

    /// <summary>Whether the file is there.</summary>
    public bool Exists => File.Exists(path);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ApiKey>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
                throw new KeyStoreException($"the file of keys '{path}' has more than {MaxBytes:N0} bytes, so it is something else");
            return KeyJson.ReadFile(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KeyStoreException(
                $"there is no file of keys '{path}'; make the first key with 'vitgrid keys create NAME'", exception);
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new KeyStoreException($"the file of keys '{path}' cannot be read: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public Task<bool> AddAsync(ApiKey key, CancellationToken cancellationToken) => ChangeAsync(
        keys => keys.Any(other => other.Name == key.Name) ? null : [.. keys, key], cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ReplaceAsync(ApiKey key, ApiKey changed, CancellationToken cancellationToken) => ChangeAsync(
        keys => keys.Any(other => IsSame(other, key)) ? [.. keys.Select(other => IsSame(other, key) ? changed : other)] : null,
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> RemoveAsync(ApiKey key, CancellationToken cancellationToken) => ChangeAsync(
        keys => keys.Any(other => other.Id == key.Id) ? [.. keys.Where(other => other.Id != key.Id)] : null, cancellationToken);

    /// <inheritdoc/>
    public Task ListenAsync(Action changed) => Task.CompletedTask;

    private static bool IsSame(ApiKey one, ApiKey other) => one.Id == other.Id && one.Hash == other.Hash;

    /// <summary>Null from <paramref name="change"/> changes nothing.</summary>
    private async Task<bool> ChangeAsync(
        Func<IReadOnlyList<ApiKey>, IReadOnlyList<ApiKey>?> change, CancellationToken cancellationToken)
    {
        try
        {
            string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            Directory.CreateDirectory(folder);
            await using FileStream own = await LockAsync(cancellationToken).ConfigureAwait(false);
            IReadOnlyList<ApiKey> keys = Exists ? await ReadAsync(cancellationToken).ConfigureAwait(false) : [];
            if (change(keys) is not { } changed)
                return false;
            await WriteAsync(changed, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyStoreException(
                $"the file of keys '{path}' cannot be written: {exception.Message}; name another with --file or VitGrid:Auth:KeyFile",
                exception);
        }
    }

    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        long begun = Environment.TickCount64;
        while (true)
        {
            try
            {
                return new(path + ".lock", Options(FileMode.OpenOrCreate));
            }
            catch (IOException) when (File.Exists(path + ".lock") && Environment.TickCount64 - begun < LockTimeout.TotalMilliseconds)
            {
                await Task.Delay(LockPause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task WriteAsync(IReadOnlyList<ApiKey> keys, CancellationToken cancellationToken)
    {
        string partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            await using (FileStream file = new(partial, Options(FileMode.CreateNew)))
            {
                await JsonSerializer.SerializeAsync(file, new(keys), KeyJson.Default.KeyFileContent, cancellationToken)
                    .ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static FileStreamOptions Options(FileMode mode)
    {
        FileStreamOptions options = new() { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return options;
    }
}
