using System.Diagnostics;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>A fact that needs the right to mount a file system in memory; skipped where there is none.</summary>
public sealed class SmallDiskFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Obstacle = new(() =>
    {
        try
        {
            using SmallDisk probe = new(megabytes: 1);
            return null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"no file system of a given size can be mounted: {exception.Message}";
        }
    });

    public SmallDiskFactAttribute() => Skip = Obstacle.Value;
}

/// <summary>A disk that is soon full.</summary>
internal sealed class SmallDisk : IDisposable
{
    public SmallDisk(int megabytes)
    {
        Root = Directory.CreateTempSubdirectory("vitgrid-disk-").FullName;
        try
        {
            Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "none", Root);
        }
        catch
        {
            Directory.Delete(Root);
            throw;
        }
    }

    public string Root { get; }

    public void Dispose()
    {
        Run("umount", Root);
        Directory.Delete(Root);
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program}: {error.Trim()}");
    }
}
