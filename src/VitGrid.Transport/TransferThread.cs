using System.Runtime.InteropServices;

namespace VitGrid.Transport;

/// <summary>
/// A thread that moves bytes with calls that block. A pool thread would be lost to grains while it waits, and an asynchronous socket
/// is woken twice for each piece, once by the system and once by the pool.
/// </summary>
internal static partial class TransferThread
{
    /// <summary>
    /// The least share of the processor: what wakes up beside the thread, a small grain call above all, goes first. Moving an image's
    /// activations takes a thousandth of the time of computing them, so the least share is enough.
    /// </summary>
    private const int Nice = 19;

    /// <summary>The policy of work that nobody waits for: it never interrupts what runs.</summary>
    private const uint Batch = 3;

    /// <summary>
    /// Nanoseconds that the thread asks to run at a time, the least that Linux grants: it gives up no more than that when it gives way.
    /// </summary>
    private const ulong SliceNanoseconds = 100_000;

    /// <summary>Lets what waits for this core run.</summary>
    public static void Yield() => Thread.Yield();

    /// <summary>Runs <paramref name="work"/> on a thread of its own; the task ends as it does.</summary>
    public static Task<T> Run<T>(string name, Func<T> work)
    {
        TaskCompletionSource<T> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(Work) { Name = name, IsBackground = true }.UnsafeStart();
        return outcome.Task;

        void Work()
        {
            LowerPriority();
            try
            {
                outcome.SetResult(work());
            }
            catch (Exception exception)
            {
                outcome.SetException(exception);
            }
        }
    }

    /// <inheritdoc cref="Run{T}"/>
    public static Task Run(string name, Action work) => Run(name, () =>
    {
        work();
        return true;
    });

    /// <summary>What a kernel does not know, it ignores or refuses; the thread then runs as any other.</summary>
    private static unsafe void LowerPriority()
    {
        if (!OperatingSystem.IsLinux())
            return;
        SchedulingAttributes attributes =
            new() { Size = (uint)sizeof(SchedulingAttributes), Policy = Batch, Nice = Nice, Runtime = SliceNanoseconds };
        _ = SystemCall(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 274 : 314, 0, &attributes, 0);
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static unsafe partial nint SystemCall(nint number, nint thread, SchedulingAttributes* attributes, nint flags);

    /// <summary>Linux' <c>struct sched_attr</c>, first version. Source: sched_setattr(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SchedulingAttributes
    {
        public uint Size;
        public uint Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;
        public ulong Runtime;
        public ulong Deadline;
        public ulong Period;
    }
}
