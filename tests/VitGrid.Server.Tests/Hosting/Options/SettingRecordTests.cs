using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using VitGrid.Engine.Options;
using VitGrid.Server.Hosting.Options;
using VitGrid.Settings;

namespace VitGrid.Server.Tests.Hosting.Options;

/// <summary>Every record of settings, by its attributes: described, bounded, and refused in the same words by reader and check.</summary>
public sealed class SettingRecordTests
{
    public static TheoryData<string> Numbers => [.. NumberKeys];

    public static TheoryData<string> Choices =>
        [.. DocumentedSettings.All.Where(setting => setting.Property.Type is { IsEnum: true } || setting.Property.Type == typeof(bool))
            .Select(setting => setting.Key)];

    private static string[] NumberKeys => [.. DocumentedSettings.All.Where(setting => setting.IsNumber).Select(setting => setting.Key)];

    public static TheoryData<string> Sections => [.. DocumentedSettings.Sections.Where(
        section => section is not ("Models" or "Runtime:Providers")).Append("")];

    [Fact]
    public void Every_setting_has_a_meaning_and_every_number_a_unit_and_both_limits() => Assert.All(DocumentedSettings.All, setting =>
    {
        SettingAttribute words = setting.Property.Setting!;
        Assert.NotEqual("", words.Meaning.Trim());
        Assert.Equal(setting.IsNumber, words.Unit is not null);
        Assert.Equal(setting.IsNumber, words is { Min: > long.MinValue, Max: < long.MaxValue } && words.Min < words.Max);
        Assert.True(setting.IsNumber || setting.Property.Type.IsEnum || setting.Property.Type == typeof(bool) || words.Form is not null,
            $"{setting.Key} does not say what it takes");
    });

    [Fact]
    public void A_key_stands_once() =>
        Assert.DoesNotContain(DocumentedSettings.All.CountBy(setting => setting.Key.ToUpperInvariant()), same => same.Value > 1);

    [Fact]
    public void Every_property_of_a_record_that_can_be_set_is_a_setting() => Assert.All(
        DocumentedSettings.All.Select(setting => setting.Record).Distinct(), record => Assert.All(
            record.GetProperties(BindingFlags.Instance | BindingFlags.Public)
                .Where(property => property.CanWrite && !property.IsDefined(typeof(SectionNameAttribute))), property =>
                Assert.Contains(SettingSection.From(record).Properties, described => described.Name == property.Name)));

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_number_is_taken_up_to_its_limits_and_refused_one_beyond_with_them(string key)
    {
        SettingAttribute words = From(key).Property.Setting!;
        Assert.DoesNotContain(Faults((key, Text(words.Min))).Concat(Faults((key, Text(words.Max)))), fault => IsAbout(fault, key));
        Assert.All(new[] { Text(words.Min - 1), Text(words.Max + 1), "many", "1.5", "99999999999999999999" }, value =>
        {
            string fault = Assert.Single(Faults((key, value)), fault => IsAbout(fault, key));
            Assert.Contains($"'{value}'", fault, StringComparison.Ordinal);
            Assert.Contains(
                string.Create(CultureInfo.InvariantCulture, $"from {words.Min:N0} to {words.Max:N0}"), fault, StringComparison.Ordinal);
        });
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void A_choice_takes_its_names_and_refuses_others_with_them(string key)
    {
        SettingProperty property = From(key).Property;
        string[] names = property.Type == typeof(bool) ? ["true", "False"] : [.. SettingWords.Choices(property)];
        string takes = $"; it takes {SettingWords.Takes(property)}";
        Assert.All(names, name => Assert.DoesNotContain(Faults((key, name)), fault => fault.Contains(takes, StringComparison.Ordinal)));
        string refused = Assert.Single(Faults((key, "7")), fault => IsAbout(fault, key));
        Assert.Contains($"'7'{takes}", refused, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Sections))]
    public void A_key_that_a_section_has_not_is_refused_with_those_it_has(string section)
    {
        string path = section.Length == 0 ? "VitGrid" : $"VitGrid:{section}";
        string words = $"{path}:Unknown is not a setting; {path} has ";
        string fault = Assert.Single(FaultsOf(($"{path}:Unknown", "1")), fault => fault.StartsWith(words, StringComparison.Ordinal));
        IEnumerable<string> names = DocumentedSettings.All.Select(setting => $"VitGrid:{setting.Key}")
            .Where(key => key.StartsWith($"{path}:", StringComparison.Ordinal)).Select(key => key[(path.Length + 1)..].Split(':')[0]);
        Assert.Equal(names.Distinct().Order(), fault[words.Length..].Split(", ").Order());
    }

    [Fact]
    public void One_fault_of_every_number_is_told_at_once()
    {
        string[] keys = NumberKeys;
        IReadOnlyList<string> faults = Faults([.. keys.Select(key => (key, "many")), ("Models:0:Model", "m")]);
        Assert.Equal(keys.Length, faults.Count);
        Assert.All(keys, key => Assert.Single(faults, fault => IsAbout(fault, key)));
    }

    /// <summary>What a program that builds the records itself is told.</summary>
    [Fact]
    public void Records_built_in_code_are_refused_in_the_readers_words()
    {
        DocumentedSetting[] numbers = [.. DocumentedSettings.All.Where(setting =>
            setting is { IsNumber: true, Property.Element: null }
            && typeof(GridSettings).GetProperty(setting.Key.Split(':')[0]) is not null)];
        Assert.NotEmpty(numbers);
        Assert.All(numbers, setting =>
        {
            long beyond = setting.Property.Setting!.Max + 1;
            if (setting.Property.Type == typeof(int) && beyond > int.MaxValue)
                return;
            object record = SettingSection.From(setting.Record).Create();
            setting.Property.Set(record, setting.Property.Type == typeof(int) ? (object)(int)beyond : beyond);
            GridOptions options = new() { Models = [new() { Name = "m", Directory = "m" }] };
            Put(options, setting.Key.Split(':')[..^1], record);
            Assert.Equal(Faults((setting.Key, Text(beyond))), SettingsCheck.Faults(options, SettingPath.Root));
        });
    }

    /// <summary>Puts a section's record where its path leads.</summary>
    private static void Put(object owner, string[] path, object record)
    {
        foreach (string section in path[..^1])
            owner = owner.GetType().GetProperty(section)!.GetValue(owner)!;
        owner.GetType().GetProperty(path[^1])!.SetValue(owner, record);
    }

    private static DocumentedSetting From(string key) => DocumentedSettings.All.Single(setting => setting.Key == key);

    private static bool IsAbout(string fault, string key) =>
        fault.StartsWith($"VitGrid:{key} is '", StringComparison.Ordinal)
        || fault.StartsWith($"VitGrid:{key} holds '", StringComparison.Ordinal);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static IReadOnlyList<string> Faults(params (string Key, string Value)[] settings) =>
        FaultsOf([.. settings.Select(setting => ($"VitGrid:{setting.Key}", setting.Value))]);

    private static IReadOnlyList<string> FaultsOf(params (string Key, string Value)[] settings)
    {
        try
        {
            _ = OptionsReader.Read(new ConfigurationBuilder()
                .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build());
            return [];
        }
        catch (OptionsException exception)
        {
            return exception.Faults;
        }
    }
}
