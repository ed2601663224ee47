namespace VitGrid.Hub;

/// <summary>A file of a repository.</summary>
/// <param name="Path">Its path in the repository, with slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Hash">SHA-256 of a large file, else the SHA-1 that git gives it; in hex. Its name in the cache.</param>
/// <param name="IsLarge">Whether it is a large file, kept outside git.</param>
public sealed record HubFile(string Path, long Bytes, string Hash, bool IsLarge);
