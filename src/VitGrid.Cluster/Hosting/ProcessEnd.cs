using System.Runtime.InteropServices;

namespace VitGrid.Cluster.Hosting;

/// <summary>Ends a process whose end in order may never come, as when a driver's clean-up blocks.</summary>
public static partial class ProcessEnd
{
    /// <summary>Ends the process at once: no handler, no finalizer and no driver's clean-up runs any more.</summary>
    /// <param name="code">Its exit code; on Windows the runtime's own.</param>
    public static void Now(int code)
    {
        Console.Out.Flush();
        Console.Error.Flush();
        if (OperatingSystem.IsWindows())
            Environment.FailFast($"exit code {code}: a device is lost");
        End(code);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void End(int code);
}
