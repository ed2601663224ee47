using System.Text.RegularExpressions;
using VitGrid.Server.Tests.Hosting.Options;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>docs/operations.md against the program and the deployment files.</summary>
public sealed partial class OperationsTests
{
    [Fact]
    public void Every_variable_of_the_deployment_files_is_documented()
    {
        IEnumerable<string> named = DeployFiles.All("*.yaml").SelectMany(file => Variable().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value.Replace("__", ":", StringComparison.Ordinal))
            .Where(setting => !setting.StartsWith("Models:", StringComparison.Ordinal));

        Assert.Empty(named.Distinct().Except(DocumentedSettings.All.Select(setting => setting.Key)));
    }

    [Theory]
    [InlineData("worker dies (SIGKILL")]
    [InlineData("worker is stopped (SIGTERM")]
    [InlineData("worker freezes (SIGSTOP")]
    [InlineData("the planner's worker dies")]
    [InlineData("Redis restarts")]
    [InlineData("a data-plane connection is cut")]
    [InlineData("a worker is added")]
    [InlineData("all workers are restarted")]
    [InlineData("a front end dies")]
    public void The_failure_table_tells_of_every_experiment(string row) => Assert.Single(
        File.ReadLines(Path.Combine(GoldenFiles.Repository, "docs", "operations.md")),
        line => line.StartsWith($"| {row}", StringComparison.Ordinal) && line.Count(letter => letter == '|') == 5);

    [GeneratedRegex(@"\bVitGrid__([A-Za-z0-9_]+[A-Za-z0-9])")]
    private static partial Regex Variable();
}
