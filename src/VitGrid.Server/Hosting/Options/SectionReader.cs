using System.Globalization;

namespace VitGrid.Server.Hosting.Options;

/// <summary>
/// Reads one section of the configuration setting by setting. A value that does not fit is noted with its name, itself and its range, and
/// the default stands in, so that one pass finds every fault; keys nobody asked for are faults too.
/// </summary>
internal sealed class SectionReader(IConfigurationSection section, ICollection<string> faults)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public int Integer(string key, int fallback, int least, int most) => (int)Long(key, fallback, least, most);

    public long Long(string key, long fallback, long least, long most)
    {
        if (Text(key) is not { } text)
            return fallback;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= least
            && value <= most)
            return value;
        faults.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{PathOf(key)} is '{text}'; it takes a whole number from {least:N0} to {most:N0} (default {fallback:N0})"));
        return fallback;
    }

    public bool Flag(string key, bool fallback)
    {
        if (Text(key) is not { } text)
            return fallback;
        if (bool.TryParse(text, out bool value))
            return value;
        faults.Add($"{PathOf(key)} is '{text}'; it takes true or false (default {(fallback ? "true" : "false")})");
        return fallback;
    }

    public T Choice<T>(string key, T fallback)
        where T : struct, Enum
    {
        if (Text(key) is not { } text)
            return fallback;
        foreach (T value in Enum.GetValues<T>())
        {
            if (text.Equals(value.ToString(), StringComparison.OrdinalIgnoreCase))
                return value;
        }
        faults.Add($"{PathOf(key)} is '{text}'; it takes one of {string.Join(", ", Enum.GetNames<T>())} (default {fallback})");
        return fallback;
    }

    /// <summary>A value; null when absent or empty.</summary>
    public string? Text(string key)
    {
        _known.Add(key);
        IConfigurationSection child = section.GetSection(key);
        foreach (IConfigurationSection nested in child.GetChildren())
            faults.Add($"{nested.Path} is set, but {PathOf(key)} takes a single value");
        return string.IsNullOrWhiteSpace(child.Value) ? null : child.Value.Trim();
    }

    /// <summary>A list: one value with commas or semicolons, or numbered children; empty when absent.</summary>
    public IReadOnlyList<string> List(string key)
    {
        _known.Add(key);
        IConfigurationSection child = section.GetSection(key);
        IEnumerable<string?> values = child.Value is { } joined ? joined.Split([',', ';']) : child.GetChildren().Select(item => item.Value);
        return [.. values.Where(value => !string.IsNullOrWhiteSpace(value)).Select(value => value!.Trim())];
    }

    public T Section<T>(string key, Func<SectionReader, T> read)
    {
        _known.Add(key);
        SectionReader child = new(section.GetSection(key), faults);
        if (section.GetSection(key).Value is { Length: > 0 } value)
            faults.Add($"{PathOf(key)} is '{value}'; it is a section of settings, not a value");
        T result = read(child);
        child.RejectUnknown();
        return result;
    }

    /// <summary>Numbered sections, each read alike.</summary>
    public IReadOnlyList<T> Sections<T>(string key, Func<SectionReader, T> read)
    {
        _known.Add(key);
        SectionReader items = new(section.GetSection(key), faults);
        return [.. section.GetSection(key).GetChildren().Select(child => items.Section(child.Key, read))];
    }

    public void Reject(string key, string why) => faults.Add($"{PathOf(key)} {why}");

    public void RejectUnknown()
    {
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (!_known.Contains(child.Key))
                faults.Add($"{child.Path} is not a setting; {section.Path} has {string.Join(", ", _known)}");
        }
    }

    private string PathOf(string key) => $"{section.Path}:{key}";
}
