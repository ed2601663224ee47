using System.Collections;

namespace VitGrid.Settings;

/// <summary>Checks records of settings, whether a configuration was read into them or a program wrote them. Pure.</summary>
public static class SettingsCheck
{
    /// <summary>Finds every fault: values beyond their limits first, then what contradicts among the rest.</summary>
    /// <param name="settings">A record whose properties carry <see cref="SettingAttribute"/> and <see cref="SectionAttribute"/>.</param>
    /// <param name="path">Where it stands in the configuration.</param>
    /// <returns>A message each: the setting, its value, what it takes; empty when there is no fault.</returns>
    public static IReadOnlyList<string> Faults(object settings, SettingPath path)
    {
        ArgumentNullException.ThrowIfNull(settings);
        List<string> faults = [];
        object sound = Repair(settings, path, faults);
        faults.AddRange(Contradictions(sound, path));
        return faults;
    }

    /// <summary>Finds what contradicts, in a record and in the sections below it, where each value is within its own limits.</summary>
    /// <param name="settings">The record.</param>
    /// <param name="path">Where it stands in the configuration.</param>
    public static IEnumerable<string> Contradictions(object settings, SettingPath path) =>
        SettingSection.From(settings.GetType()).Properties
        .Where(property => property.IsSection)
        .SelectMany(property => property.Get(settings) switch
        {
            null => [],
            IEnumerable many => many.Cast<object>().SelectMany(
                (record, index) => Contradictions(
                    record, path[property.Name][SettingSection.From(property.Element!).KeyOf(record, index)])),
            var inner => Contradictions(inner, path[property.Name]),
        })
        .Concat(settings is ISettingRules rules ? rules.Faults(path) : []);

    /// <summary>A copy in which a default stands for each faulty value, so that one fault is not told twice.</summary>
    private static object Repair(object settings, SettingPath path, List<string> faults)
    {
        SettingSection section = SettingSection.From(settings.GetType());
        object sound = section.Copy(settings);
        foreach (SettingProperty property in section.Properties)
        {
            SettingPath own = path[property.Name];
            if (!property.IsSection && property.Faults(property.Get(settings)).ToArray() is { Length: > 0 } wrong)
            {
                faults.AddRange(wrong.Select(why => $"{own} {why}"));
                property.Set(sound, property.DefaultValue);
            }
            else if (property is { IsSection: true, Element: null } && property.Get(settings) is { } inner)
                property.Set(sound, Repair(inner, own, faults));
            else if (property.IsSection && property.Get(settings) is IEnumerable many)
                property.Set(sound, MendAll(many, property.Element!, own, faults));
        }
        return sound;
    }

    private static Array MendAll(IEnumerable many, Type element, SettingPath path, List<string> faults)
    {
        object[] sound = [.. many.Cast<object>().Select(
            (record, index) => Repair(record, path[SettingSection.From(element).KeyOf(record, index)], faults))];
        Array typed = Array.CreateInstance(element, sound.Length);
        sound.CopyTo(typed, 0);
        return typed;
    }
}
