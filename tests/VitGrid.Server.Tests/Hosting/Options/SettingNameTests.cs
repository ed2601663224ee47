using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Hosting.Options;

/// <summary>Whoever follows a message's advice finds the setting: each one that a text of the program or a document names exists.</summary>
public sealed partial class SettingNameTests
{
    private static readonly HashSet<string> Known =
        [.. DocumentedSettings.All.Select(setting => setting.Key).Concat(DocumentedSettings.Sections)];

    [Fact]
    public void Every_setting_that_a_text_of_the_program_names_exists()
    {
        string[] named =
        [
            .. Directory.EnumerateFiles(Path.Combine(GoldenFiles.Repository, "src"), "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
                .SelectMany(file => Texts(file).SelectMany(NamesIn).Select(name => $"{Path.GetFileName(file)}: {name}")),
        ];
        // Fewer would mean that the texts are not found any more.
        Assert.True(named.Length > 60, $"only {named.Length} names were found");
        Assert.DoesNotContain(named, name => !Exists(name.Split(": ")[1]));
    }

    [Fact]
    public void Every_setting_that_a_document_names_exists()
    {
        IEnumerable<string> documents = Directory.EnumerateFiles(Path.Combine(GoldenFiles.Repository, "docs"), "*.md").Append(
            Path.Combine(GoldenFiles.Repository, "README.md"));
        string[] named = [.. documents.SelectMany(file => NamesIn(File.ReadAllText(file)))];
        Assert.NotEmpty(named);
        Assert.Empty(named.Where(name => !Exists(name)).Distinct());
    }

    [Fact]
    public void A_setting_that_another_ones_description_names_is_its_neighbour_or_named_in_full() =>
        Assert.All(DocumentedSettings.All, setting =>
        {
            string section = setting.Key[..(setting.Key.LastIndexOf(':') + 1)];
            string text = $"{setting.Property.Setting!.Meaning} {setting.Property.Setting.Beside}";
            Assert.All(Neighbour().Matches(text), match => Assert.Contains(section + match.Groups[1].Value, Known));
        });

    private static IEnumerable<string> Texts(string file) => CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot()
        .DescendantTokens()
        .Where(token => token.IsKind(SyntaxKind.StringLiteralToken) || token.IsKind(SyntaxKind.InterpolatedStringTextToken))
        .Select(token => token.ValueText);

    private static IEnumerable<string> NamesIn(string text) => Name().Matches(Placeholder().Replace(text, ""))
        .Select(match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value);

    private static bool Exists(string name) => Known.Contains(Number().Replace(name, ":0"));

    /// <summary>After <c>VitGrid:</c> whatever stands there; else words joined by colons. <c>HOST:PORT</c> is none.</summary>
    [GeneratedRegex(@"(?<![\w:.-])(?:VitGrid:([A-Z]\w*(?::\w+)*)|([A-Z][a-z]\w*(?::(?:\d+|[A-Z][a-z]\w*))+))")]
    private static partial Regex Name();

    /// <summary>What a message is given to fill in.</summary>
    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@":\d+")]
    private static partial Regex Number();

    [GeneratedRegex("`([A-Z][a-z]+[A-Z][A-Za-z]*)`")]
    private static partial Regex Neighbour();
}
