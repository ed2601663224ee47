using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace VitGrid.Runtime.Devices;

/// <summary>What the machine is: facts for <c>doctor</c>, <c>/info</c> and the head of every benchmark.</summary>
public static class HostMachine
{
    /// <summary>The processor's name as the system reports it.</summary>
    public static string Processor { get; } = ReadProcessor();

    /// <summary>
    /// Instruction sets that change speed or the form of 8-bit kernels, strongest last: <c>AVX2</c>, <c>FMA</c>, <c>AVX-512</c>,
    /// <c>VNNI</c>, <c>BF16</c>, <c>AMX</c>, <c>AdvSimd</c>.
    /// </summary>
    public static IReadOnlyList<string> InstructionSets { get; } = [.. ReadInstructionSets()];

    /// <summary>Whether sums of 8-bit products are kept in 32 bits.</summary>
    public static bool HasVnni => InstructionSets.Contains("VNNI");

    /// <summary>Whether products of bf16 numbers are summed in single precision.</summary>
    public static bool HasBFloat16 => InstructionSets.Contains("BF16") || InstructionSets.Contains("AMX");

    /// <summary>Memory in bytes that this process may use.</summary>
    public static long MemoryBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Largest resident memory of this process so far, in bytes; 0 where the system does not say.</summary>
    public static long PeakMemoryBytes() =>
        OperatingSystem.IsLinux()
            ? ReadKilobytes("/proc/self/status", "VmHWM:") * 1024 : System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64;

    private static long ReadKilobytes(string file, string key) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal)) is { } found
            && long.TryParse(found[key.Length..].Replace("kB", "", StringComparison.Ordinal), out long kilobytes)
            ? kilobytes
            : 0;

    private static string ReadProcessor()
    {
        const string Key = "model name";
        string? line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(text => text.StartsWith(Key, StringComparison.Ordinal))
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(
            ':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static IEnumerable<string> ReadInstructionSets()
    {
        if (System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported)
            yield return "AdvSimd";
        if (Avx2.IsSupported)
            yield return "AVX2";
        if (Fma.IsSupported)
            yield return "FMA";
        if (Avx512F.IsSupported)
            yield return "AVX-512";
        if (ReadVnni())
            yield return "VNNI";
        if (ReadBFloat16())
            yield return "BF16";
        if (ReadTiles())
            yield return "AMX";
    }

    /// <summary>Intel's CPUID: leaf 7, sub-leaf 0, ECX bit 11 is AVX512_VNNI; sub-leaf 1, EAX bit 4 is AVX_VNNI.</summary>
    private static bool ReadVnni()
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
            return false;
        bool wide = Avx512F.IsSupported && (X86Base.CpuId(7, 0).Ecx & (1 << 11)) != 0;
        bool narrow = Avx2.IsSupported && (X86Base.CpuId(7, 1).Eax & (1 << 4)) != 0;
        return wide || narrow;
    }

    /// <summary>Intel's CPUID: leaf 7, sub-leaf 1, EAX bit 5 is AVX512_BF16.</summary>
    private static bool ReadBFloat16() => Avx512F.IsSupported && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;

    /// <summary>Intel's CPUID: leaf 7, sub-leaf 0, EDX bit 22 is AMX-BF16.</summary>
    private static bool ReadTiles() => Avx512F.IsSupported && (X86Base.CpuId(7, 0).Edx & (1 << 22)) != 0;
}
