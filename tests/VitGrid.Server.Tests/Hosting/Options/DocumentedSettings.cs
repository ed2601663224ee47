using VitGrid.Server.Hosting.Options;
using VitGrid.Settings;

namespace VitGrid.Server.Tests.Hosting.Options;

/// <summary>A setting with its key under section VitGrid, such as <c>Cluster:Redis</c>, <c>Models:0:Name</c>.</summary>
internal sealed record DocumentedSetting(string Key, SettingProperty Property, Type Record)
{
    /// <summary>Whether it is a number or a list of numbers.</summary>
    public bool IsNumber => (Property.Element ?? Property.Type) is var type && (type == typeof(int) || type == typeof(long));
}

/// <summary>Every setting of the program, from the attributes of its records.</summary>
internal static class DocumentedSettings
{
    /// <summary>Those of no section first.</summary>
    public static IReadOnlyList<DocumentedSetting> All { get; } =
        [.. Below("", typeof(ServerOptions)).OrderBy(setting => setting.Key.Contains(':', StringComparison.Ordinal))];

    /// <summary>Sections, with and without their numbers.</summary>
    public static IReadOnlySet<string> Sections { get; } = All.SelectMany(setting => Parents(setting.Key)).ToHashSet();

    private static IEnumerable<DocumentedSetting> Below(string section, Type record) => SettingSection.From(record).Properties.SelectMany(
        property => property.IsSection
            ? Below($"{section}{property.Name}:{Part(property)}", property.Element ?? property.Type)
            : [new(section + property.Name, property, record)]);

    /// <summary>What stands for a record of a list: 0 where its sections are numbered, a name where they are named.</summary>
    private static string Part(SettingProperty property) =>
        property.Element is null ? "" : SettingSection.From(property.Element).IsNamed ? "name:" : "0:";

    private static IEnumerable<string> Parents(string key)
    {
        string[] parts = key.Split(':');
        return Enumerable.Range(1, parts.Length - 1).Select(count => string.Join(':', parts[..count]));
    }
}
