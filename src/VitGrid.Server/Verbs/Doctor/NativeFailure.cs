namespace VitGrid.Server.Verbs.Doctor;

/// <summary>How a native library that cannot be loaded shows itself.</summary>
internal static class NativeFailure
{
    public static bool Is(Exception failure) =>
        failure is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or TypeInitializationException;

    /// <summary>The first line of the innermost message: the loader's own words.</summary>
    public static string Reason(Exception failure) => failure.GetBaseException().Message.Split('\n')[0].Trim();
}
