using System.Text.RegularExpressions;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Approvals;

/// <summary>Every verb's help: its words in one file a verb, what scripts rely on in a file of its own.</summary>
public sealed partial class HelpTests
{
    [Fact]
    public async Task Every_verbs_help_is_the_approved_one()
    {
        IReadOnlyList<(string Verb, string Help)> helps = await AllAsync();

        Assert.All(helps, help => ApprovedText.Verify(FileOf(help.Verb), help.Help));
        Assert.Equal(
            helps.Select(help => FileOf(help.Verb)).Order(StringComparer.Ordinal),
            Directory.GetFiles(ApprovedText.PathOf("Help")).Select(file => $"Help/{Path.GetFileName(file)}").Order(StringComparer.Ordinal));
    }

    /// <summary>Verbs, arguments and options with the values they take, without a word of what they mean.</summary>
    [Fact]
    public async Task Verbs_arguments_and_options_are_the_approved_ones()
    {
        IReadOnlyList<(string Verb, string Help)> helps = await AllAsync();
        ApprovedText.Verify("command-line.txt", helps.SelectMany(help => Entries(help.Help), (help, entry) => $"{help.Verb} | {entry}"));
    }

    private static async Task<IReadOnlyList<(string Verb, string Help)>> AllAsync()
    {
        List<(string, string)> helps = [];
        Queue<string[]> verbs = new([[]]);
        while (verbs.TryDequeue(out string[]? verb))
        {
            VerbRun run = await VerbRun.RunAsync([.. verb, "--help"]);
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            helps.Add((string.Join(' ', verb.Prepend("vitgrid")), run.Out.Replace(Program, "vitgrid", StringComparison.Ordinal)));
            foreach (Match child in Entry().Matches(Part(run.Out, "Commands:")))
                verbs.Enqueue([.. verb, child.Groups["name"].Value.Split(' ')[0]]);
        }
        return helps;
    }

    /// <summary>What help calls the program here: the tests' host.</summary>
    private static string Program { get; } = Path.GetFileNameWithoutExtension(Environment.GetCommandLineArgs()[0]);

    private static string FileOf(string verb) => $"Help/{verb.Replace(' ', '-')}.txt";

    private static IEnumerable<string> Entries(string help) => new[] { "Usage:", "Arguments:", "Options:", "Commands:" }
        .SelectMany(part => Entry().Matches(Part(help, part)))
        .Select(entry => entry.Groups["name"].Value);

    /// <summary>The lines under a heading, up to a blank one.</summary>
    private static string Part(string help, string heading) =>
        string.Join('\n', help.Split('\n').SkipWhile(line => line != heading).Skip(1).TakeWhile(line => line.Trim().Length > 0)) + "\n";

    /// <summary>A line that names something; lines that go on with its description stand further right.</summary>
    [GeneratedRegex(@"^  (?<name>\S.*?)(?:  .*)?$", RegexOptions.Multiline)]
    private static partial Regex Entry();
}
