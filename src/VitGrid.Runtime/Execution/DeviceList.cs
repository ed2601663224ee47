using System.Globalization;
using VitGrid.Runtime.Backends;

namespace VitGrid.Runtime.Execution;

/// <summary>Reads lists of devices such as <c>cpu:0=2GiB,cpu:1</c>: the one place where a kind's name chooses its backend.</summary>
public static class DeviceList
{
    private static readonly (string Suffix, long Factor)[] Units =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("KB", 1_000), ("MB", 1_000_000),
            ("GB", 1_000_000_000), ("B", 1)];

    /// <summary>Reads a comma-separated list of devices of the known kinds.</summary>
    /// <exception cref="FormatException">An item is malformed or named twice; the message quotes it and shows the form.</exception>
    public static IReadOnlyList<DeviceSpec> Parse(string text) => Parse(text, ExecutionBackends.All);

    /// <summary>Reads a comma-separated list of devices of <paramref name="backends"/>.</summary>
    /// <exception cref="FormatException">An item is malformed or named twice; the message quotes it and shows the form.</exception>
    public static IReadOnlyList<DeviceSpec> Parse(string text, IReadOnlyList<IExecutionBackend> backends)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        DeviceSpec[] devices = [.. items.Select(item => ParseItem(item, backends))];
        if (devices.Length == 0)
            throw new FormatException($"device list '{text}' names no device; expected e.g. cpu:0 or cuda:0,cuda:1");
        if (devices.GroupBy(device => device.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new FormatException($"device list '{text}' names {twice.Key} {twice.Count()} times; each device may stand once");
        return devices;
    }

    private static DeviceSpec ParseItem(string item, IReadOnlyList<IExecutionBackend> backends)
    {
        string[] parts = item.Split('=', 2);
        string[] name = parts[0].Split(':', 2);
        IExecutionBackend? backend = backends.FirstOrDefault(backend => backend.Kind == name[0]);
        if (backend is null || name.Length != 2
            || !int.TryParse(name[1], NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal))
        {
            string forms = string.Join(" or ", backends.Select(known => $"{known.Kind}:N"));
            throw new FormatException($"device '{item}' is not of the form {forms}, optionally with a memory bound such as cpu:0=2GiB");
        }
        return new(backend, ordinal, parts.Length == 2 ? ParseBytes(parts[1], item) : null);
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
