using System.Globalization;

namespace VitGrid.LoadTest.Spread;

/// <summary>What a process holds, in bytes, from Linux' <c>/proc/PID/status</c>.</summary>
/// <param name="Own">Its own memory (RssAnon).</param>
/// <param name="Mapped">Pages of mapped files (RssFile), which the system shares between processes and takes back when it needs
/// them.</param>
/// <param name="Peak">The most it has been resident with so far (VmHWM).</param>
internal readonly record struct ProcessMemory(long Own, long Mapped, long Peak)
{
    /// <summary>Reads it; zeros where the system does not say.</summary>
    public static ProcessMemory From(int process)
    {
        string file = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status");
        if (!File.Exists(file))
            return default;
        Dictionary<string, long> lines = File.ReadLines(file)
            .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length == 3 && words[2] == "kB")
            .ToDictionary(words => words[0].TrimEnd(':'), words => long.Parse(words[1], CultureInfo.InvariantCulture) * 1024);
        return new(lines.GetValueOrDefault("RssAnon"), lines.GetValueOrDefault("RssFile"), lines.GetValueOrDefault("VmHWM"));
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Own / 1e9:0.00} | {Mapped / 1e9:0.00} | {Peak / 1e9:0.00}");
}
