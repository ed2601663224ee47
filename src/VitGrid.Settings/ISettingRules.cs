namespace VitGrid.Settings;

/// <summary>A record of settings that are fine alone and can contradict each other.</summary>
public interface ISettingRules
{
    /// <summary>Finds what contradicts. Pure; each value is within its own limits.</summary>
    /// <param name="path">Where the record stands in the configuration, for the names in messages.</param>
    /// <returns>A message for each fault: the settings, their values, and the remedy.</returns>
    IEnumerable<string> Faults(SettingPath path);
}
