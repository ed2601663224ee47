using System.Globalization;

namespace VitGrid.Settings;

/// <summary>The words about what settings take. Pure.</summary>
public static class SettingWords
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    /// <summary>Says what is wrong with a value, after the setting's name.</summary>
    /// <param name="setting">The setting.</param>
    /// <param name="value">What was given: a value, or a text that is none.</param>
    public static string Refusal(SettingProperty setting, object value)
    {
        ArgumentNullException.ThrowIfNull(setting);
        string standard = setting.Type == typeof(string) ? "" : $" (default {Default(setting)})";
        return string.Create(Invariant, $"is '{value}'; it takes {Takes(setting)}{standard}");
    }

    /// <summary>Says what is wrong with an element of a list, after the setting's name.</summary>
    public static string RefusalOfElement(SettingProperty setting, object value)
    {
        ArgumentNullException.ThrowIfNull(setting);
        return string.Create(Invariant, $"holds '{value}'; it takes {Takes(setting)}, comma-separated");
    }

    /// <summary>What the setting takes, as messages say it.</summary>
    public static string Takes(SettingProperty setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        SettingAttribute words = setting.Setting!;
        if (words.Form is { } form)
            return form.Replace("`", "", StringComparison.Ordinal);
        if (setting.Type == typeof(bool))
            return "true or false";
        if (setting.Type.IsEnum)
            return $"one of {string.Join(", ", Choices(setting))}";
        string number = setting.Element is null ? "a whole number" : "whole numbers";
        return string.Create(Invariant, $"{number} from {words.Min:N0} to {words.Max:N0}");
    }

    /// <summary>The default, as messages say it.</summary>
    public static string Default(SettingProperty setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        return setting.DefaultValue switch
        {
            null => setting.Setting!.Automatic ?? "none",
            bool flag => flag ? "true" : "false",
            IReadOnlyDictionary<string, string> => "none",
            int or long => string.Create(Invariant, $"{setting.DefaultValue:N0}"),
            var value => value.ToString() ?? "",
        };
    }

    /// <summary>The names that an enumeration's setting takes.</summary>
    public static IEnumerable<string> Choices(SettingProperty setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        string[] names = Enum.GetNames(setting.Type);
        return setting.Setting!.Automatic is { } automatic ? names.Prepend(automatic) : names;
    }
}
