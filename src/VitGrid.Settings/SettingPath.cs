using System.Globalization;

namespace VitGrid.Settings;

/// <summary>Where a section or setting stands in the configuration, such as <c>VitGrid:Cluster</c>.</summary>
/// <param name="Text">The path with colons.</param>
public readonly record struct SettingPath(string Text)
{
    /// <summary>Section <c>VitGrid</c>, below which every setting stands.</summary>
    public static SettingPath Root { get; } = new("VitGrid");

    /// <summary>The setting or section <paramref name="name"/> below this one.</summary>
    public SettingPath this[string name] => new($"{Text}:{name}");

    /// <summary>The numbered section <paramref name="index"/> below this one, from 0.</summary>
    public SettingPath this[int index] => this[index.ToString(CultureInfo.InvariantCulture)];

    /// <summary>The message about one limit above another; empty when it is not.</summary>
    /// <param name="small">The setting that may not be above.</param>
    /// <param name="smallValue">Its value.</param>
    /// <param name="large">The setting that bounds it, by its path.</param>
    /// <param name="largeValue">Its value.</param>
    /// <param name="why">What would happen.</param>
    public static IEnumerable<string> AtMost(SettingPath small, long smallValue, SettingPath large, long largeValue, string why)
    {
        if (smallValue > largeValue)
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{small} ({smallValue:N0}) is above {large} ({largeValue:N0}): {why}");
    }

    /// <summary>The path with colons.</summary>
    public override string ToString() => Text;
}
