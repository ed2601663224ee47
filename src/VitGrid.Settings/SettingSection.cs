using System.Collections.Concurrent;
using System.Reflection;

namespace VitGrid.Settings;

/// <summary>What the attributes of a record say: its settings and sections, in the order in which they are written.</summary>
public sealed class SettingSection
{
    private static readonly ConcurrentDictionary<Type, SettingSection> Known = new();
    private readonly Type _record;

    private SettingSection(Type record)
    {
        _record = record;
        object defaults = Create();
        Properties =
        [
            .. record.GetProperties(BindingFlags.Instance | BindingFlags.Public)
                .Where(property => property.IsDefined(typeof(SettingAttribute)) || property.IsDefined(typeof(SectionAttribute)))
                .OrderBy(property => Depth(property.DeclaringType!)).ThenBy(property => property.MetadataToken)
                .Select(property => new SettingProperty(property, defaults)),
        ];
    }

    /// <summary>Settings and sections; those of a base record first.</summary>
    public IReadOnlyList<SettingProperty> Properties { get; }

    /// <summary>The description of a record's type.</summary>
    public static SettingSection From(Type record) => Known.GetOrAdd(record, type => new(type));

    /// <summary>A record with every default; what is required is null in it.</summary>
    public object Create() => Activator.CreateInstance(_record)!;

    /// <summary>A copy to change.</summary>
    internal object Copy(object settings) => _record.GetMethod("<Clone>$")!.Invoke(settings, null)!;

    private static int Depth(Type type) => type.BaseType is { } parent ? Depth(parent) + 1 : 0;
}
