using System.Collections;
using System.Globalization;
using VitGrid.Settings;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Hosting.Options;

/// <summary>The table of settings in docs/operations.md is what the records say; <c>VITGRID_APPROVE=1</c> writes it anew.</summary>
public sealed class SettingsTableTests
{
    private const string Start = "<!-- settings: written by SettingsTableTests -->\n", End = "<!-- /settings -->";
    private static readonly string Document = Path.Combine(GoldenFiles.Repository, "docs", "operations.md");

    [Fact]
    public void The_table_of_settings_is_what_the_records_say()
    {
        string table = string.Concat(
            DocumentedSettings.All.Select(Row).Prepend("| setting | default | range | unit | meaning |\n|---|---|---|---|---|\n"));
        string page = File.ReadAllText(Document);
        int from = page.IndexOf(Start, StringComparison.Ordinal) + Start.Length, to = page.IndexOf(End, StringComparison.Ordinal);
        Assert.True(from > Start.Length && to >= from, "docs/operations.md has no marks around its table of settings");
        if (Environment.GetEnvironmentVariable("VITGRID_APPROVE") == "1")
            File.WriteAllText(Document, page = $"{page[..from]}{table}{page[to..]}");
        to = page.IndexOf(End, StringComparison.Ordinal);
        Assert.Equal(table, page[from..to]);
    }

    private static string Row(DocumentedSetting setting)
    {
        SettingAttribute words = setting.Property.Setting!;
        return $"| `{setting.Key}` | {Default(setting.Property)} | {Range(setting)} | {words.Unit ?? "–"} | {words.Meaning} |\n";
    }

    private static string Default(SettingProperty property) => property.Setting!.Default ?? property.DefaultValue switch
    {
        IEnumerable many and not string => string.Join(", ", many.Cast<object>()) is { Length: > 0 } joined ? joined : "none",
        Enum choice => choice.ToString().ToLowerInvariant(),
        _ => SettingWords.Default(property),
    };

    private static string Range(DocumentedSetting setting)
    {
        SettingAttribute words = setting.Property.Setting!;
        string range = setting switch
        {
            { Property.Type: var type } when type == typeof(bool) => "true, false",
            { Property.Type.IsEnum: true } => string.Join(", ", SettingWords.Choices(setting.Property)).ToLowerInvariant(),
            { IsNumber: true, Property.Element: not null } => $"up to {words.MaxCount} of {Bounds(words)}",
            { IsNumber: true } => Bounds(words),
            _ => words.Form!,
        };
        return words.Beside is { } beside ? $"{range}, {beside}" : range;
    }

    private static string Bounds(SettingAttribute words) => string.Create(CultureInfo.InvariantCulture, $"{words.Min:N0}–{words.Max:N0}");
}
