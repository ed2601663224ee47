using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;

namespace VitGrid.Settings;

/// <summary>What the attributes of a record say: its settings and sections, in the order in which they are written.</summary>
public sealed class SettingSection
{
    private static readonly ConcurrentDictionary<Type, SettingSection> Known = new();
    private readonly Type _record;
    private readonly PropertyInfo? _name;

    private SettingSection(Type record)
    {
        _record = record;
        object defaults = Create();
        _name = record.GetProperties().FirstOrDefault(property => property.IsDefined(typeof(SectionNameAttribute)));
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

    /// <summary>Whether records of it stand in sections of their names.</summary>
    public bool IsNamed => _name is not null;

    /// <summary>The description of a record's type.</summary>
    public static SettingSection From(Type record) => Known.GetOrAdd(record, type => new(type));

    /// <summary>A record with every default; what is required is null in it.</summary>
    public object Create() => Activator.CreateInstance(_record)!;

    /// <summary>The last part of the path of a record's section: its name where it has one, else its place in the list.</summary>
    public string KeyOf(object record, int index) =>
        (string?)_name?.GetValue(record) ?? index.ToString(CultureInfo.InvariantCulture);

    /// <summary>Tells a record that nobody else has yet the name of its section, where it wants to know it.</summary>
    public void SetName(object record, string name) => _name?.SetValue(record, name);

    /// <summary>A copy to change.</summary>
    internal object Copy(object settings) => _record.GetMethod("<Clone>$")!.Invoke(settings, null)!;

    private static int Depth(Type type) => type.BaseType is { } parent ? Depth(parent) + 1 : 0;
}
