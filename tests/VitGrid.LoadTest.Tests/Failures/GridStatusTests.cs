using System.Text.Json;
using VitGrid.LoadTest.Failures;

namespace VitGrid.LoadTest.Tests.Failures;

/// <summary>When a grid counts as whole, read from what <c>vitgrid cluster status --json</c> prints.</summary>
public sealed class GridStatusTests
{
    private const string Whole = """
        {"version":7,
         "nodes":[{"node":"S127.0.0.1:11111:123","state":"active","process_id":51,"devices":[{"name":"cpu:0"}]},
                  {"node":"S127.0.0.1:11112:123","state":"active","process_id":52,"devices":[]}],
         "models":[{"name":"internvit-nano","state":"ready","replicas":[{"replica":0,"epoch":3,"state":"serving","stages":[
           {"segment":0,"blocks":"0..1","node":"S127.0.0.1:11112:123","device":"cpu:0","state":"ready"},
           {"segment":1,"blocks":"2..3","node":"S127.0.0.1:11111:123","device":"cpu:0","state":"ready"}]}]}]}
        """;

    [Fact]
    public void A_grid_of_exactly_these_processes_with_ready_stages_is_whole() => Assert.Null(Missing(Whole));

    [Theory]
    [InlineData("\"state\":\"active\",\"process_id\":52", "\"state\":\"draining\",\"process_id\":52", "S127.0.0.1:11112:123 is draining")]
    [InlineData("\"process_id\":52", "\"process_id\":53", "the nodes are processes 51, 53, not 51, 52")]
    [InlineData("\"name\":\"internvit-nano\",\"state\":\"ready\"", "\"name\":\"internvit-nano\",\"state\":\"loading\"",
        "internvit-nano is loading")]
    [InlineData("\"serving\"", "\"retiring\"", "internvit-nano's replica 0 is retiring")]
    [InlineData("\"device\":\"cpu:0\",\"state\":\"ready\"}]", "\"device\":\"cpu:0\",\"state\":\"loading\"}]",
        "internvit-nano's segment 1 is loading on S127.0.0.1:11111:123")]
    [InlineData("\"blocks\":\"2..3\",\"node\":\"S127.0.0.1:11111:123\"", "\"blocks\":\"2..3\",\"node\":\"S127.0.0.1:9:1\"",
        "internvit-nano's segment 1 is ready on S127.0.0.1:9:1")]
    public void Otherwise_it_says_what_is_missing(string whole, string broken, string missing)
    {
        Assert.Contains(whole, Whole, StringComparison.Ordinal);
        Assert.Equal(missing, Missing(Whole.Replace(whole, broken, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_grid_without_a_model_is_not_whole() =>
        Assert.Equal("there is no model", new GridStatus(1, [], []).Missing(new HashSet<int>()));

    [Fact]
    public void A_model_without_a_replica_is_not_whole() =>
        Assert.Equal("m has no replica", new GridStatus(1, [], [new("m", "ready", [])]).Missing(new HashSet<int>()));

    [Fact]
    public void The_holder_of_a_segment_is_found_by_its_node()
    {
        GridStatus status = GridStatus.Parse(Whole);
        Assert.Equal((52, 51, (int?)null), (status.HolderOf(0), status.HolderOf(1), status.HolderOf(2)));
    }

    [Fact]
    public void A_node_that_holds_no_stage_is_told_apart()
    {
        GridStatus status = GridStatus.Parse(Whole);
        Assert.True(status.Holds("S127.0.0.1:11111:123"));
        Assert.False(status.Holds("S127.0.0.1:9:1"));
    }

    [Fact]
    public void Another_object_is_refused() => Assert.Throws<JsonException>(() => GridStatus.Parse("""{"version":1,"nodes":[]}"""));

    private static string? Missing(string json) => GridStatus.Parse(json).Missing(new HashSet<int> { 51, 52 });
}
