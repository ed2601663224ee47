using System.Globalization;

namespace VitGrid.Runtime.Devices;

/// <summary>What computes.</summary>
public enum DeviceKind
{
    /// <summary>The host's cores; several CPU devices share them.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU.</summary>
    Cuda,
}

/// <summary>One device as named on the command line: <c>cpu:0</c>, <c>cuda:1</c>, <c>cpu:0=2GiB</c>.</summary>
/// <param name="Kind">CPU or CUDA.</param>
/// <param name="Ordinal">Number among its kind.</param>
/// <param name="MemoryBytes">Memory bound in bytes; null when not given.</param>
public sealed record DeviceSpec(DeviceKind Kind, int Ordinal, long? MemoryBytes = null)
{
    private static readonly (string Suffix, long Factor)[] Units =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("KB", 1_000), ("MB", 1_000_000),
            ("GB", 1_000_000_000), ("B", 1)];

    /// <summary>The name without the memory bound, e.g. <c>cpu:0</c>.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{(Kind == DeviceKind.Cpu ? "cpu" : "cuda")}:{Ordinal}");

    /// <summary>Reads a comma-separated list such as <c>cpu:0=2GiB,cpu:1</c>.</summary>
    /// <exception cref="FormatException">An item is malformed or named twice; the message quotes it and shows the form.</exception>
    public static IReadOnlyList<DeviceSpec> ParseList(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<DeviceSpec> devices = [
            .. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
        if (devices.Count == 0)
            throw new FormatException($"device list '{text}' names no device; expected e.g. cpu:0 or cuda:0,cuda:1");
        if (devices.GroupBy(device => device.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new FormatException($"device list '{text}' names {twice.Key} {twice.Count()} times; each device may stand once");
        return devices;
    }

    private static DeviceSpec Parse(string item)
    {
        string[] parts = item.Split('=', 2);
        string[] name = parts[0].Split(':', 2);
        DeviceKind? kind = name[0] switch { "cpu" => DeviceKind.Cpu, "cuda" => DeviceKind.Cuda, _ => null };
        if (kind is null || name.Length != 2 || !int.TryParse(name[1], NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal))
            throw new FormatException(
                $"device '{item}' is not of the form cpu:N or cuda:N, optionally with a memory bound such as cpu:0=2GiB");
        return new(kind.Value, ordinal, parts.Length == 2 ? ParseBytes(parts[1], item) : null);
    }

    private static long ParseBytes(string text, string item)
    {
        foreach ((string suffix, long factor) in Units)
        {
            if (text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
                && decimal.TryParse(text[..^suffix.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal count)
                && count > 0 && count * factor < long.MaxValue)
                return (long)(count * factor);
        }
        throw new FormatException($"memory bound '{text}' of device '{item}' is not a positive size such as 2GiB, 800MiB or 16GB");
    }
}
