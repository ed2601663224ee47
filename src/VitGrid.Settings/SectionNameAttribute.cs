namespace VitGrid.Settings;

/// <summary>
/// Makes a property the name of its section: records of a list that have one stand in sections of their names
/// (<c>Providers:NAME:Library</c>), those of other lists in numbered ones.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SectionNameAttribute : Attribute;
