using System.Net.Sockets;

namespace VitGrid.Transport;

/// <summary>A folder that only this user may enter, with the Unix socket in it; deleted at the end.</summary>
internal sealed class SocketFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vitgrid-");

    /// <summary>Path of the socket.</summary>
    public string Path => System.IO.Path.Combine(_folder.FullName, "data");

    /// <summary>Where to listen.</summary>
    public UnixDomainSocketEndPoint EndPoint() => new(Path);

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);
}
