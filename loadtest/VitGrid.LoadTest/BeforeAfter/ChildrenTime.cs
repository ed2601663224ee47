using System.Runtime.InteropServices;

namespace VitGrid.LoadTest.BeforeAfter;

/// <summary>The processor time of the processes that this one started and waited for, and of theirs.</summary>
internal static partial class ChildrenTime
{
    private const int Children = -1;

    // struct rusage: two struct timeval, then fourteen long.
    private const int Longs = 18;

    /// <summary>User and system time so far; zero where the system does not tell.</summary>
    public static TimeSpan Now
    {
        get
        {
            long[] usage = new long[Longs];
            return OperatingSystem.IsLinux() && ResourceUsage(Children, usage) == 0
                ? TimeSpan.FromSeconds(usage[0] + usage[2]) + TimeSpan.FromMicroseconds(usage[1] + usage[3])
                : TimeSpan.Zero;
        }
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int ResourceUsage(int who, [Out] long[] usage);
}
