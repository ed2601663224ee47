namespace VitGrid.Settings;

/// <summary>Makes a property a setting: what an operator reads about it, and what it takes.</summary>
/// <param name="meaning">What it does, as the table of settings says it.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string meaning) : Attribute
{
    /// <summary>What it does, as the table of settings says it.</summary>
    public string Meaning => meaning;

    /// <summary>Unit of a number, such as <c>ms</c> or <c>bytes</c>; null for a setting that is no number.</summary>
    public string? Unit { get; init; }

    /// <summary>Least number that is taken.</summary>
    public long Min { get; init; } = long.MinValue;

    /// <summary>Largest number that is taken.</summary>
    public long Max { get; init; } = long.MaxValue;

    /// <summary>Most elements of a list.</summary>
    public int MaxCount { get; init; } = int.MaxValue;

    /// <summary>What a text, or each element of a list, must look like: for messages and the table.</summary>
    public string? Form { get; init; }

    /// <summary>Static method of the record, <c>bool (string)</c>, that recognises <see cref="Form"/>; null takes every text.</summary>
    public string? Accepts { get; init; }

    /// <summary>How it is bound to other settings, for the table, such as <c>not below `PingMilliseconds`</c>.</summary>
    public string? Beside { get; init; }

    /// <summary>What the table says of a default that depends on the machine, such as <c>one per core</c>.</summary>
    public string? Default { get; init; }

    /// <summary>The word for null among the names of an enumeration, such as <c>auto</c>.</summary>
    public string? Automatic { get; init; }
}
