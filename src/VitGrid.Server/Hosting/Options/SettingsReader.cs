using System.Globalization;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Settings;

namespace VitGrid.Server.Hosting.Options;

/// <summary>
/// Reads sections of the configuration into the records that describe them. What does not fit is noted with its name, itself and what is
/// taken, and the default stands in, so that one pass finds every fault; keys that a record has not are faults too.
/// </summary>
/// <param name="faults">Where faults are noted.</param>
/// <param name="backends">The kinds of devices that may be named.</param>
internal sealed class SettingsReader(List<string> faults, IReadOnlyList<IExecutionBackend> backends)
{
    /// <summary>Reads a section into a new record.</summary>
    public object Read(Type record, IConfigurationSection section)
    {
        SettingSection description = SettingSection.From(record);
        object settings = description.Create();
        description.SetName(settings, section.Key);
        if (section.Value is { Length: > 0 } value)
            faults.Add($"{section.Path} is '{value}'; it is a section of settings, not a value");
        foreach (SettingProperty property in description.Properties)
        {
            if (ValueOf(property, section.GetSection(property.Name)) is { } given)
                property.Set(settings, given);
        }
        RejectUnknown(description, section);
        return settings;
    }

    /// <summary>What is given; null where nothing is, or nothing that fits.</summary>
    private object? ValueOf(SettingProperty property, IConfigurationSection section)
    {
        if (property.IsSection)
            return property.Element is { } element ? Numbered(element, section) : SectionOf(property, section);
        object? given = property.IsMap ? MapOf(section, out bool isRead)
            : property.Element is null ? Single(property, section, out isRead) : ListOf(property, section, out isRead);
        string[] wrong = isRead ? [.. property.Faults(given ?? property.DefaultValue)] : [];
        faults.AddRange(wrong.Select(why => $"{section.Path} {why}"));
        return wrong.Length == 0 ? given : null;
    }

    private object? SectionOf(SettingProperty property, IConfigurationSection section)
    {
        SettingSection description = SettingSection.From(property.Type);
        if (property.DefaultValue is not null || description.Properties.Any(inner => !string.IsNullOrWhiteSpace(section[inner.Name])))
            return Read(property.Type, section);
        RejectUnknown(description, section);
        return null;
    }

    private Array Numbered(Type element, IConfigurationSection section)
    {
        if (section.Value is { Length: > 0 } value)
            faults.Add($"{section.Path} is '{value}'; it takes {Kind(element)} sections of settings, such as {section.Path}:"
                + $"{(SettingSection.From(element).IsNamed ? "NAME" : "0")}");
        object[] read = [.. section.GetChildren().Select(child => Read(element, child))];
        return Typed(element, read);
    }

    private static string Kind(Type element) => SettingSection.From(element).IsNamed ? "named" : "numbered";

    /// <summary>Texts by names; null where there are none.</summary>
    private Dictionary<string, string>? MapOf(IConfigurationSection section, out bool isRead)
    {
        isRead = true;
        if (!string.IsNullOrWhiteSpace(section.Value))
            faults.Add($"{section.Path} is '{section.Value}'; it takes texts by name, such as {section.Path}:NAME=TEXT");
        IConfigurationSection[] given = [.. section.GetChildren()];
        faults.AddRange(given.SelectMany(option => option.GetChildren()).Select(
            nested => $"{nested.Path} is set, but each name below {section.Path} takes a single text (JSON in quotation marks)"));
        return given.Length == 0 ? null : given.ToDictionary(option => option.Key, option => option.Value ?? "");
    }

    private object? Single(SettingProperty property, IConfigurationSection section, out bool isRead)
    {
        foreach (IConfigurationSection nested in section.GetChildren())
            faults.Add($"{nested.Path} is set, but {section.Path} takes a single value");
        isRead = true;
        if (string.IsNullOrWhiteSpace(section.Value))
            return null;
        string text = section.Value.Trim();
        isRead = TryParse(property, text, out object? value);
        if (!isRead)
            faults.Add($"{section.Path} {SettingWords.Refusal(property, text)}");
        return value;
    }

    private static bool TryParse(SettingProperty property, string text, out object? value)
    {
        value = text;
        if (property.Type == typeof(string))
            return true;
        if (property.Type == typeof(bool))
            return Gives(bool.TryParse(text, out bool flag), flag, out value);
        if (property.Type.IsEnum)
            return TryChoose(property, text, out value);
        bool isNumber = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number);
        if (property.Type == typeof(long))
            return Gives(isNumber, number, out value);
        return Gives(isNumber && number == (int)number, (int)number, out value);
    }

    private static bool Gives(bool isRead, object read, out object? value)
    {
        value = isRead ? read : null;
        return isRead;
    }

    private static bool TryChoose(SettingProperty property, string text, out object? value)
    {
        string? chosen = SettingWords.Choices(property).FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        value = chosen is null || chosen == property.Setting!.Automatic ? null : Enum.Parse(property.Type, chosen);
        return chosen is not null;
    }

    /// <summary>One value with commas or semicolons, or numbered children.</summary>
    private object? ListOf(SettingProperty property, IConfigurationSection section, out bool isRead)
    {
        IEnumerable<string?> given = section.Value is { } joined
            ? joined.Split([',', ';'])
            : section.GetChildren().Select(item => item.Value);
        string[] texts = [.. given.Where(text => !string.IsNullOrWhiteSpace(text)).Select(text => text!.Trim())];
        isRead = true;
        if (texts.Length == 0)
            return null;
        if (property.Element == typeof(DeviceSpec))
            return Devices(texts, section, out isRead);
        return property.Element == typeof(int) ? Numbers(property, texts, section) : texts;
    }

    private int[] Numbers(SettingProperty property, string[] texts, IConfigurationSection section)
    {
        List<int> numbers = [];
        foreach (string text in texts)
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                numbers.Add(number);
            else
                faults.Add($"{section.Path} {SettingWords.RefusalOfElement(property, text)}");
        }
        return [.. numbers];
    }

    private IReadOnlyList<DeviceSpec>? Devices(string[] texts, IConfigurationSection section, out bool isRead)
    {
        string joined = string.Join(',', texts);
        try
        {
            isRead = true;
            return DeviceList.Parse(joined, backends);
        }
        catch (FormatException exception)
        {
            isRead = false;
            faults.Add($"{section.Path} is '{joined}': {exception.Message}");
            return null;
        }
    }

    private void RejectUnknown(SettingSection description, IConfigurationSection section)
    {
        string[] names = [.. description.Properties.Select(property => property.Name)];
        IEnumerable<IConfigurationSection> unknown = section.GetChildren().Where(
            child => !names.Contains(child.Key, StringComparer.OrdinalIgnoreCase));
        faults.AddRange(unknown.Select(child => $"{child.Path} is not a setting; {section.Path} has {string.Join(", ", names)}"));
    }

    private static Array Typed(Type element, object[] values)
    {
        Array typed = Array.CreateInstance(element, values.Length);
        values.CopyTo(typed, 0);
        return typed;
    }
}
