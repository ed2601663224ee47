using System.Diagnostics;
using System.Globalization;

namespace VitGrid.LoadTest.Indexing;

/// <summary>
/// A disk in memory that can be filled to the last byte; where it cannot be mounted, an ordinary folder that is never full.
/// </summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly bool _mounted;

    private SmallDisk(string folder, bool mounted) => (Folder, _mounted) = (folder, mounted);

    public string Folder { get; }

    private string Ballast => Path.Combine(Folder, ".ballast");

    /// <summary>Mounts it; Linux, and permission to mount, are needed.</summary>
    public static SmallDisk Mount(string folder, long bytes)
    {
        Directory.CreateDirectory(folder);
        string options = string.Create(CultureInfo.InvariantCulture, $"size={bytes}");
        return new(folder, OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder) == 0);
    }

    /// <summary>Takes all that is free; false where that cannot be done.</summary>
    public bool Fill()
    {
        if (!_mounted)
            return false;
        byte[] block = new byte[1 << 16];
        using FileStream ballast = new(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        try
        {
            while (true)
                ballast.Write(block);
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Gives it back.</summary>
    public void Free() => File.Delete(Ballast);

    public void Dispose()
    {
        if (_mounted)
            _ = Run("umount", Folder);
    }

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
