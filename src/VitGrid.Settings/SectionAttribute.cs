namespace VitGrid.Settings;

/// <summary>Makes a property a section: a record of settings, or a list of such records, which has numbered sections.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SectionAttribute : Attribute;
