using System.Net.Sockets;
using System.Security.Cryptography;

namespace VitGrid.Transport;

/// <summary>
/// A folder that only this user may enter, with the Unix socket in it; deleted at the end. It lies where the system keeps what belongs to
/// running processes (<c>$XDG_RUNTIME_DIR</c>, else <c>/run</c>), and only where neither may be written in the temp folder, which some
/// systems
/// sweep.
/// </summary>
internal sealed class SocketFolder : IDisposable
{
    /// <summary>Longest path of the folder above: a Unix socket's path may have 107 bytes on Linux and 103 on macOS.</summary>
    public const int MaxBaseLength = 80;

    private const UnixFileMode OnlyThisUser = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _folder = Create();

    /// <summary>Path of the socket.</summary>
    public string Path => System.IO.Path.Combine(_folder, "data");

    /// <summary>Where to listen.</summary>
    public UnixDomainSocketEndPoint EndPoint() => new(Path);

    /// <summary>Shows whoever sweeps by age that it is in use.</summary>
    /// <returns>Whether folder and socket are still there.</returns>
    public bool Touch()
    {
        try
        {
            File.SetLastWriteTimeUtc(Path, DateTime.UtcNow);
            Directory.SetLastWriteTimeUtc(_folder, DateTime.UtcNow);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Makes it anew at the same path, empty, after somebody has deleted it.</summary>
    /// <exception cref="IOException">The path is somebody else's by now.</exception>
    public void Restore()
    {
        Dispose();
        // Made under a name that nobody knows and then moved, which fails where the path is taken: it is never another user's.
        Directory.Move(Create(), _folder);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // Somebody has deleted it already.
        }
    }

    private static string Create() => TryCreate(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"))
        ?? TryCreate("/run")
        ?? Directory.CreateTempSubdirectory("vitgrid-").FullName;

    private static string? TryCreate(string? above)
    {
        if (OperatingSystem.IsWindows() || above is not { Length: > 0 and <= MaxBaseLength } || !Directory.Exists(above))
            return null;
        try
        {
            string folder = System.IO.Path.Combine(above, $"vitgrid-{RandomNumberGenerator.GetHexString(12, lowercase: true)}");
            return Directory.CreateDirectory(folder, OnlyThisUser).FullName;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
