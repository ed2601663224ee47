using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace VitGrid.Settings;

/// <summary>A property of a record of settings: a setting, a section, or numbered sections.</summary>
public sealed class SettingProperty
{
    private readonly PropertyInfo _property;
    private readonly Func<string, bool> _accepts;

    internal SettingProperty(PropertyInfo property, object defaults)
    {
        _property = property;
        Setting = property.GetCustomAttribute<SettingAttribute>();
        DefaultValue = property.GetValue(defaults);
        IsRequired = property.IsDefined(typeof(RequiredMemberAttribute));
        Type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        IsMap = Type == typeof(IReadOnlyDictionary<string, string>);
        Element = typeof(IEnumerable).IsAssignableFrom(Type) && Type != typeof(string) && !IsMap ? Type.GetGenericArguments()[0] : null;
        _accepts = Recogniser(property.DeclaringType!, Setting?.Accepts);
    }

    /// <summary>The last part of its path.</summary>
    public string Name => _property.Name;

    /// <summary>What an operator reads about it; null for a section.</summary>
    public SettingAttribute? Setting { get; }

    /// <summary>Whether it is a section, or numbered sections.</summary>
    public bool IsSection => Setting is null;

    /// <summary>Whether something must be given.</summary>
    public bool IsRequired { get; }

    /// <summary>Its type; without the question mark of a value that may be absent.</summary>
    public Type Type { get; }

    /// <summary>Type of a list's elements; null where it is no list.</summary>
    public Type? Element { get; }

    /// <summary>Whether it is texts by names that the program does not know: <c>Options:NAME=TEXT</c>.</summary>
    public bool IsMap { get; }

    /// <summary>What holds when nothing is said.</summary>
    public object? DefaultValue { get; }

    /// <summary>Its value in <paramref name="record"/>.</summary>
    public object? Get(object record) => _property.GetValue(record);

    /// <summary>Gives it a value in a record that nobody else has yet.</summary>
    public void Set(object record, object? value) => _property.SetValue(record, value);

    /// <summary>Says why the setting does not take a value.</summary>
    /// <param name="value">A value of its type.</param>
    /// <returns>What follows the setting's name, a fault each: the value, what is taken, the default.</returns>
    public IEnumerable<string> Faults(object? value) => value switch
    {
        null or "" when IsRequired => [$"is missing; it takes {SettingWords.Takes(this)}"],
        string text when !_accepts(text) => [SettingWords.Refusal(this, text)],
        string => [],
        IEnumerable many when Element is not null => FaultsOfList([.. many.Cast<object>()]),
        Enum choice when !Enum.IsDefined(Type, choice) => [SettingWords.Refusal(this, choice)],
        int or long when !IsWithin(Convert.ToInt64(value, null)) => [SettingWords.Refusal(this, value)],
        _ => [],
    };

    private IEnumerable<string> FaultsOfList(object[] values)
    {
        if (values.Length > Setting!.MaxCount)
            yield return $"holds {values.Length} values; it takes at most {Setting.MaxCount}";
        foreach (object value in values.Where(value => value is string text ? !_accepts(text) : value is int number && !IsWithin(number)))
            yield return SettingWords.RefusalOfElement(this, value);
    }

    private bool IsWithin(long number) => number >= Setting!.Min && number <= Setting.Max;

    private static Func<string, bool> Recogniser(Type record, string? method)
    {
        if (method is null)
            return _ => true;
        const BindingFlags Any = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        MethodInfo found = record.GetMethod(method, Any, [typeof(string)])
            ?? throw new InvalidOperationException($"{record.Name}.{method} is no static method of a string");
        return found.CreateDelegate<Func<string, bool>>();
    }
}
