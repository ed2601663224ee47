namespace VitGrid.Server.Tests.Verbs;

/// <summary>A folder that is gone when the test is.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("vitgrid-test-").FullName;

    public string At(params string[] parts) => Path.Combine([Root, .. parts]);

    public string Write(string name, string text = "")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text);
        return At(name);
    }

    public string[] Remaining() =>
    [
        .. Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path))
            .Order(StringComparer.Ordinal),
    ];

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
