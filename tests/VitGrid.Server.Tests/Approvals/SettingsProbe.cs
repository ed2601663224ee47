using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Tests.Approvals;

/// <summary>Asks the program about its settings as an operator would: by setting them. Only this file knows the reader's types.</summary>
internal static partial class SettingsProbe
{
    private const string Unknown = "NoSuchKey";

    /// <summary>What is read of <paramref name="settings"/>: keys under section VitGrid, or <c>env:NAME</c> for a variable.</summary>
    public static (object? Options, IReadOnlyList<string> Faults) Read(params IEnumerable<(string Key, string Value)> settings)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(PathOf(setting.Key), (string?)setting.Value)))
            .Build();
        try
        {
            return (OptionsReader.Read(configuration), []);
        }
        catch (OptionsException exception)
        {
            return (null, exception.Faults);
        }
    }

    /// <summary>The value of a setting in what was read, as text: a list with commas, nothing for null.</summary>
    public static string ValueOf(object options, string key)
    {
        object? value = options;
        foreach (string part in key.Split(':'))
        {
            value = value is IList list
                ? int.TryParse(part, CultureInfo.InvariantCulture, out int index) ? list[index] : list.Cast<object>().First(
                    item => Text(item) == part)
                : value?.GetType().GetProperty(part)!.GetValue(value);
        }
        return value is IEnumerable many and not string ? string.Join(',', many.Cast<object>().Select(Text)) : Text(value);
    }

    /// <summary>Every key that the program lists when it is given one that it has not.</summary>
    public static IEnumerable<string> Keys(string section = "")
    {
        string[] names = Read(($"{section}{Unknown}", "1")).Faults.Select(fault => Listed().Match(fault)).Where(match => match.Success)
            .SelectMany(match => match.Groups[1].Value.Split(", ")).Select(
                name => name switch { "Models" => "Models:0", "Providers" => "Providers:name", _ => name }).ToArray();
        return names.SelectMany(name => Keys($"{section}{name}:").DefaultIfEmpty(section + name));
    }

    private static string PathOf(string key) => key.StartsWith("env:", StringComparison.Ordinal) ? key[4..] : $"VitGrid:{key}";

    private static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        string or Enum or IFormattable => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        _ => value.GetType().GetProperty("Name")?.GetValue(value)?.ToString() ?? value.ToString()!,
    };

    [GeneratedRegex(@"NoSuchKey is not a setting; \S+ has (.*)$")]
    private static partial Regex Listed();
}
