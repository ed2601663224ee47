using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.Intrinsics.X86;

namespace VitGrid.LoadTest;

/// <summary>The first line of every report: processor, instruction set, cores, commit, date.</summary>
internal static class Machine
{
    public static string Line() => string.Create(
        CultureInfo.InvariantCulture,
        $"{DateTime.UtcNow:yyyy-MM-dd} | {Processor()} | {InstructionSet()} | {Environment.ProcessorCount} cores | .NET "
            + $"{Environment.Version} | commit {Commit()}");

    private static string InstructionSet()
    {
        string vectors = Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : "baseline";
        string[] flags = CpuLine("flags").Split(' ');
        return flags.Contains("avx512_vnni") || flags.Contains("avx_vnni") ? $"{vectors} VNNI" : vectors;
    }

    private static string Processor() => CpuLine("model name") is { Length: > 0 } name ? name : "unknown processor";

    private static string CpuLine(string key)
    {
        string? line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(text => text.StartsWith(key, StringComparison.Ordinal)) : null;
        return line is null ? "" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    /// <summary>What git says of the folder; of a published program, the commit it was built from.</summary>
    private static string Commit()
    {
        try
        {
            using Process git = Process.Start(
                new ProcessStartInfo("git", "describe --always --dirty") { RedirectStandardOutput = true, RedirectStandardError = true })!;
            string described = git.StandardOutput.ReadToEnd().Trim();
            return described.Length > 0 ? described : BuiltFrom();
        }
        catch (Win32Exception)
        {
            return BuiltFrom();
        }
    }

    private static string BuiltFrom() =>
        typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
