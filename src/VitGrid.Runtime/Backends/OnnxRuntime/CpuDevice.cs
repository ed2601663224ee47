using System.Globalization;
using VitGrid.Runtime.Devices;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>Reads the facts of the processor.</summary>
internal static class CpuDevice
{
    public static DeviceFacts Read(DeviceSpec device)
    {
        long memory = HostMachine.MemoryBytes;
        return new(
            device, HostMachine.Processor, memory, Math.Max(
                0, memory - Environment.WorkingSet), null, Environment.ProcessorCount,
            Environment.ProcessorCount * Hertz() * FlopsACycle(HostMachine.InstructionSets));
    }

    /// <summary>
    /// Fused multiply-adds of one core in single precision, two FLOP each: two units of 8 lanes with AVX2; wider ones seldom run twice as
    /// fast.
    /// </summary>
    private static int FlopsACycle(IReadOnlyList<string> sets) => sets.Contains("FMA") ? 32 : sets.Contains("AdvSimd") ? 16 : 8;

    /// <summary>The clock that Linux reports now; 2.5 GHz elsewhere, for want of better.</summary>
    private static double Hertz()
    {
        const string Key = "cpu MHz";
        string? line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(text => text.StartsWith(Key, StringComparison.Ordinal))
            : null;
        return line is not null && double.TryParse(
            line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture, out double megahertz)
            ? megahertz * 1e6
            : 2.5e9;
    }
}
