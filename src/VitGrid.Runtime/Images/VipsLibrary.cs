using NetVips;

namespace VitGrid.Runtime.Images;

/// <summary>The process-wide settings of libvips, made before its first use.</summary>
internal static class VipsLibrary
{
    private static readonly bool Started = Start();

    /// <summary>Makes the settings once.</summary>
    public static void EnsureStarted() => _ = Started;

    private static bool Start()
    {
        if (!ModuleInitializer.VipsInitialized)
            throw new DllNotFoundException(
                "libvips cannot be loaded; publish for this platform so that its NetVips.Native package is included",
                ModuleInitializer.Exception);
        NetVips.NetVips.BlockUntrusted = true;
        // Parallelism is over requests, and no operation is ever asked for twice.
        NetVips.NetVips.Concurrency = 1;
        Cache.Max = 0;
        // A damaged image writes a line to stderr otherwise; the refusal already tells the caller.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, (_, _, _) => { });
        return true;
    }
}
