using System.Globalization;
using System.Text.RegularExpressions;
using VitGrid.Server.Hosting.Options;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>docs/operations.md against the program and the deployment files.</summary>
public sealed partial class OperationsTests
{
    private static readonly IReadOnlyDictionary<string, string> Documented = File
        .ReadLines(Path.Combine(GoldenFiles.Repository, "docs", "operations.md"))
        .Select(line => Row().Match(line)).Where(match => match.Success)
        .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

    public static TheoryData<string> Settings => [.. Documented.Keys];

    [Theory]
    [MemberData(nameof(Settings))]
    public void A_setting_that_this_version_has_has_the_default_the_document_says(string setting)
    {
        object? value = new ServerOptions();
        foreach (string part in setting.Split(':'))
        {
            if (value?.GetType().GetProperty(part) is not { } property)
                return;
            value = property.GetValue(value);
        }
        Assert.Equal(Documented[setting], Text(value));
    }

    [Fact]
    public void Every_variable_of_the_deployment_files_is_documented()
    {
        IEnumerable<string> named = DeployFiles.All("*.yaml").SelectMany(file => Variable().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value.Replace("__", ":", StringComparison.Ordinal))
            .Where(setting => !setting.StartsWith("Models:", StringComparison.Ordinal));

        Assert.Empty(named.Distinct().Except(Documented.Keys));
    }

    [Theory]
    [InlineData("worker dies (SIGKILL")]
    [InlineData("worker is stopped (SIGTERM")]
    [InlineData("worker freezes (SIGSTOP")]
    [InlineData("Redis restarts")]
    [InlineData("a data-plane connection is cut")]
    [InlineData("a worker is added")]
    [InlineData("all workers are restarted")]
    [InlineData("a front end dies")]
    public void The_failure_table_tells_of_every_experiment(string row) => Assert.Single(
        File.ReadLines(Path.Combine(GoldenFiles.Repository, "docs", "operations.md")),
        line => line.StartsWith($"| {row}", StringComparison.Ordinal) && line.Count(letter => letter == '|') == 5);

    private static string Text(object? value) => value switch
    {
        null => "none",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString("N0", CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    [GeneratedRegex(@"^\| `((?:Cluster|Shutdown):[A-Za-z:]+)` \| ([^|]*?) \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"\bVitGrid__([A-Za-z0-9_]+[A-Za-z0-9])")]
    private static partial Regex Variable();
}
