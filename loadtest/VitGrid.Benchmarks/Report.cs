using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using VitGrid.Runtime.Backends.OnnxRuntime;
using VitGrid.Runtime.Devices;

namespace VitGrid.Benchmarks;

/// <summary>A report that says where its numbers come from: machine, instruction set, commit, command.</summary>
internal static class Report
{
    public static async Task WriteAsync(string[] arguments, IEnumerable<string> lines, string? file, CancellationToken cancellationToken)
    {
        string text = string.Join(Environment.NewLine, [.. Head(arguments), .. lines]);
        await Console.Out.WriteLineAsync(text);
        if (file is not null)
            await File.AppendAllTextAsync(
                file, $"```{Environment.NewLine}{text}{Environment.NewLine}```{Environment.NewLine}", cancellationToken);
    }

    private static IEnumerable<string> Head(string[] arguments) =>
        [
            string.Create(CultureInfo.InvariantCulture,
                $"{DateTime.UtcNow:yyyy-MM-dd} | {HostMachine.Processor} | {string.Join(' ', HostMachine.InstructionSets)} | "
                    + $"{Environment.ProcessorCount} cores | ONNX Runtime {OnnxRuntimeLibrary.Version} | commit {Commit()}"),
            $"vitgrid-benchmarks {string.Join(' ', arguments)}",
        ];

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
        catch (System.ComponentModel.Win32Exception)
        {
            return BuiltFrom();
        }
    }

    private static string BuiltFrom() =>
        typeof(Report).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
