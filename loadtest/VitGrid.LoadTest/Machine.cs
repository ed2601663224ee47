using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.X86;

namespace VitGrid.LoadTest;

/// <summary>The first line of every report: processor, instruction set, cores, commit, date.</summary>
internal static class Machine
{
    public static string Line() => string.Create(
        CultureInfo.InvariantCulture,
        $"{DateTime.UtcNow:yyyy-MM-dd} | {Processor()} | {InstructionSet()} | {Environment.ProcessorCount} cores | .NET {Environment.Version} | commit {Commit()}");

    private static string InstructionSet() => Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : "baseline";

    private static string Processor()
    {
        const string Key = "model name";
        string? line = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(text => text.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line is null ? "unknown processor" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static string Commit()
    {
        using Process git = Process.Start(new ProcessStartInfo("git", "describe --always --dirty") { RedirectStandardOutput = true })!;
        return git.StandardOutput.ReadToEnd().Trim();
    }
}
