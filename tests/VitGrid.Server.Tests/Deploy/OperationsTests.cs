using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using VitGrid.Engine.Options;
using VitGrid.Server.Hosting.Options;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>docs/operations.md against the program and the deployment files.</summary>
public sealed partial class OperationsTests
{
    private static readonly Dictionary<string, (string Default, string Range)> Documented = File
        .ReadLines(Path.Combine(GoldenFiles.Repository, "docs", "operations.md"))
        .Select(line => Row().Match(line)).Where(match => match.Success)
        .ToDictionary(match => match.Groups[1].Value, match => (match.Groups[2].Value, match.Groups[3].Value));

    public static TheoryData<string> Settings => [.. Documented.Keys];

    public static TheoryData<string> Numbers => [.. Documented.Where(row => Bounds().IsMatch(row.Value.Range)).Select(row => row.Key)];

    [Theory]
    [MemberData(nameof(Settings))]
    public void A_setting_exists_and_has_the_default_the_document_says(string setting)
    {
        (Type type, object? value) = (typeof(ServerOptions), new ServerOptions());
        foreach (string part in setting.Split(':'))
        {
            PropertyInfo property = type.GetProperty(part) ?? throw new InvalidOperationException($"{setting} is no setting");
            (type, value) = (property.PropertyType, value is null ? null : property.GetValue(value));
        }
        Assert.Equal(
            Documented[setting].Default,
            setting == "Images:DecodeThreads" && Environment.ProcessorCount.Equals(value) ? "one per core" : Text(value));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_setting_takes_what_the_document_says_and_no_more(string setting)
    {
        Match bounds = Bounds().Match(Documented[setting].Range);
        (long least, long most) = (Number(bounds.Groups[1]), Number(bounds.Groups[2]));
        Assert.False(IsOutOfRange(setting, least) || IsOutOfRange(setting, most));
        Assert.True(IsOutOfRange(setting, least - 1) && IsOutOfRange(setting, most + 1));
    }

    [Fact]
    public void Every_setting_of_the_cluster_the_cache_indexing_fetching_and_the_end_is_documented()
    {
        IEnumerable<string> settings = Names("Cluster", typeof(ClusterOptions)).Concat(Names("Cache", typeof(CacheOptions)))
            .Concat(Names("Indexing", typeof(IndexingOptions))).Concat(Names("Shutdown", typeof(StopOptions))).Concat(
                Names("UrlFetch", typeof(UrlFetchOptions)))
            .SelectMany(name => name == "Cluster:Tls" ? Names(name, typeof(TlsOptions)) : [name]);

        Assert.Empty(settings.Except(Documented.Keys));
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
    [InlineData("the planner's worker dies")]
    [InlineData("Redis restarts")]
    [InlineData("a data-plane connection is cut")]
    [InlineData("a worker is added")]
    [InlineData("all workers are restarted")]
    [InlineData("a front end dies")]
    public void The_failure_table_tells_of_every_experiment(string row) => Assert.Single(
        File.ReadLines(Path.Combine(GoldenFiles.Repository, "docs", "operations.md")),
        line => line.StartsWith($"| {row}", StringComparison.Ordinal) && line.Count(letter => letter == '|') == 5);

    private static IEnumerable<string> Names(string section, Type options) =>
        options.GetProperties().Select(property => $"{section}:{property.Name}");

    private static long Number(Group digits) => long.Parse(digits.ValueSpan, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private static bool IsOutOfRange(string setting, long value)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create($"VitGrid:{setting}", (string?)value.ToString(CultureInfo.InvariantCulture))])
                .Build();
        try
        {
            _ = OptionsReader.Read(configuration);
            return false;
        }
        catch (OptionsException exception)
        {
            return Assert.Single(exception.Faults).StartsWith($"VitGrid:{setting} is '", StringComparison.Ordinal);
        }
    }

    private static string Text(object? value) => value switch
    {
        null or IReadOnlyCollection<int> { Count: 0 } or IReadOnlyCollection<string> { Count: 0 } => "none",
        Enum choice => choice.ToString().ToLowerInvariant(),
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString("N0", CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    [GeneratedRegex(@"^\| `(Role|(?:Cluster|Cache|Indexing|UrlFetch|Shutdown|Batching|Images|Queue):[A-Za-z:]+)` \| ([^|]*?) \| "
        + @"([^|]*?) \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"^(\d[\d,]*)–(\d[\d,]*)(?:,|$)")]
    private static partial Regex Bounds();

    [GeneratedRegex(@"\bVitGrid__([A-Za-z0-9_]+[A-Za-z0-9])")]
    private static partial Regex Variable();
}
