using System.Collections.Immutable;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Models;

namespace VitGrid.Cluster.Tests.Tables;

/// <summary>What a process knows of models follows the workers: nothing is kept because it was seen once.</summary>
public sealed class CatalogFeedTests
{
    private readonly ModelCatalog _catalog = new();
    private readonly TableStore _table = new();
    private long _version;

    public CatalogFeedTests() => _ = new CatalogFeed(_table, _catalog);

    [Fact]
    public void A_model_whose_last_worker_has_gone_is_absent_until_one_has_it_again()
    {
        Offer(Row("a", ModelState.Ready), Row("b", ModelState.Ready));
        Offer(Row("a", ModelState.Ready));
        Assert.Equal([("a", ModelState.Ready), ("b", ModelState.Absent)], Known);
        Assert.Contains("no worker has it", _catalog.Find("b")!.Failure, StringComparison.Ordinal);
        Offer(Row("a", ModelState.Ready), Row("b", ModelState.Loading));
        Assert.Equal([("a", ModelState.Ready), ("b", ModelState.Loading)], Known);
        Assert.Null(_catalog.Find("b")!.Failure);
    }

    [Fact]
    public void A_model_that_is_absent_leaves_the_only_other_one_as_the_one_that_is_meant()
    {
        Offer(Row("a", ModelState.Ready), Row("b", ModelState.Ready));
        Assert.Null(_catalog.Find(null));
        Offer(Row("b", ModelState.Ready));
        Assert.Equal("b", _catalog.Find(null)?.Name);
        Offer();
        Assert.Null(_catalog.Find(null));
    }

    [Fact]
    public void What_a_model_lacks_is_told_though_it_did_not_fail()
    {
        Offer(Row("a", ModelState.Loading) with { Problem = "model 'a' does not fit" });
        Assert.Equal("model 'a' does not fit", _catalog.Find("a")!.Failure);
        Offer(Row("a", ModelState.Ready) with { Problem = "w2: its file is torn" });
        Assert.Null(_catalog.Find("a")!.Failure);
    }

    [Fact]
    public void A_model_of_this_process_that_no_table_has_named_yet_stays_as_it_is()
    {
        _catalog.Open([ModelInfo.From("own", TinyFacts.Create(1, 1), ModelState.Loading)]);
        Offer(Row("a", ModelState.Ready));
        Assert.Equal([("own", ModelState.Loading), ("a", ModelState.Ready)], Known);
    }

    [Fact]
    public void Only_a_planner_that_knows_the_newest_table_confirms_it()
    {
        GridTable older = new(1, [], []), newer = new(2, [], []);
        Assert.Null(_table.Confirmed);
        _table.Hear(newer, TimeSpan.FromSeconds(1));
        _table.Hear(older, TimeSpan.FromSeconds(2));
        Assert.Equal((2, TimeSpan.FromSeconds(1)), (_table.Current.Version, _table.Confirmed));
        _table.Hear(newer, TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), _table.Confirmed);
    }

    private (string Name, ModelState State)[] Known => [.. _catalog.Models.Select(model => (model.Name, model.State))];

    private void Offer(params ImmutableArray<ModelRow> rows) => _table.Offer(new(++_version, rows, []));

    private static ModelRow Row(string name, ModelState state) => new(ModelCard.From(name, "f1", TinyFacts.Create(1, 1)), state, null, []);
}
