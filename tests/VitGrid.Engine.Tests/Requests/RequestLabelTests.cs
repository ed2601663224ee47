using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.Requests;

public sealed class RequestLabelTests
{
    [Fact]
    public void An_id_is_1_to_128_visible_ascii_characters()
    {
        Assert.All(["a", "my-id_7.a:b/c", new string('~', RequestLabel.MaxLength)], id => Assert.True(RequestLabel.IsUsable(id), id));
        Assert.All([null, "", "a b", "a\n", "\u001b[2J", "größe", new string('a', RequestLabel.MaxLength + 1)],
            id => Assert.False(RequestLabel.IsUsable(id), id));
    }

    [Fact]
    public void An_item_is_called_by_its_job_and_its_own_id() => Assert.Equal("photos/p-1", RequestLabel.ForItem("photos", "p-1"));

    [Fact]
    public void Of_an_item_with_a_long_id_the_end_is_kept()
    {
        string id = RequestLabel.ForItem("photos", new string('a', 500) + "/fish.png");
        Assert.Equal(RequestLabel.MaxLength, id.Length);
        Assert.StartsWith("photos/…aaa", id, StringComparison.Ordinal);
        Assert.EndsWith("/fish.png", id, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_with_a_long_id_leaves_none_for_its_items() =>
        Assert.Equal(new string('j', 200) + "/…", RequestLabel.ForItem(new string('j', 200), "p-1"));

    [Fact]
    public void A_batch_names_each_request_once_and_eight_at_most()
    {
        Assert.Equal("unknown", RequestLabel.List(null));
        Assert.Equal("unknown", RequestLabel.List([null, null]));
        Assert.Equal("a, b", RequestLabel.List(["a", "a", null, "b"]));
        Assert.Equal("0, 1, 2, 3, 4, 5, 6, 7 and 3 more", RequestLabel.List([.. Enumerable.Range(0, 11).Select(i => $"{i}")]));
    }
}
