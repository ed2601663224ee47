using System.Globalization;
using System.Text.RegularExpressions;
using VitGrid.Server.Tests.Api;
using VitGrid.Server.Tests.Deploy;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Telemetry;

/// <summary>One line of a scrape.</summary>
internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
{
    /// <summary>The metric that the series belongs to.</summary>
    public string Family => MetricNames.Family(Name);
}

/// <summary>
/// A server that computed an image, found it in its cache, refused a file and a model that is not there, and then was scraped. Runs while
/// no other test does: a process's meters are heard by every host in it.
/// </summary>
[CollectionDefinition(nameof(ScrapedServer), DisableParallelization = true)]
public sealed partial class ScrapedServer : IAsyncLifetime
{
    internal IReadOnlyList<Sample> Samples { get; private set; } = [];

    public async Task InitializeAsync()
    {
        WholeWayTests.Server server = new();
        await server.InitializeAsync();
        try
        {
            byte[] house = await File.ReadAllBytesAsync(Path.Combine(GoldenFiles.Repository, "docs", "images", "house.png"));
            foreach ((byte[] file, string query) in ((byte[], string)[])[
                (house, ""), (house, ""), ("no image at all"u8.ToArray(), ""), (house, "?model=unknown")])
                await PostAsync(server.Http, file, query);
            Samples = [.. (await server.Http.GetStringAsync("/metrics")).Split('\n').Select(line => Line().Match(line)).Where(
                match => match.Success).Select(Read)];
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>A metric's series, of which there is at least one.</summary>
    internal IEnumerable<Sample> From(string family)
    {
        IEnumerable<Sample> samples = Samples.Where(sample => sample.Family == family);
        Assert.True(samples.Any(), $"{family} is not among {string.Join(", ", Samples.Select(sample => sample.Family).Distinct())}");
        return samples;
    }

    private static async Task PostAsync(HttpClient http, byte[] file, string query)
    {
        using ByteArrayContent body = new(file);
        body.Headers.ContentType = new("image/png");
        using HttpResponseMessage answer = await http.PostAsync("/v1/embeddings" + query, body);
        await answer.Content.ReadAsStringAsync();
    }

    /// <summary>The exporter marks each series with the meter it comes from.</summary>
    private static Sample Read(Match line) => new(
        line.Groups[1].Value,
        Label().Matches(line.Groups[2].Value).Where(label => !label.Value.StartsWith("otel_scope_", StringComparison.Ordinal))
            .ToDictionary(label => label.Groups[1].Value, label => label.Groups[2].Value),
        double.Parse(line.Groups[3].ValueSpan, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^([a-z_0-9]+)(?:\{(.*)\})? ([-+.0-9Ee]+)(?: \d+)?$")]
    private static partial Regex Line();

    [GeneratedRegex("([a-z_]+)=\"([^\"]*)\"")]
    private static partial Regex Label();
}
