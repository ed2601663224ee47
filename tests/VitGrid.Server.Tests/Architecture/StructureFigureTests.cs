using VitGrid.Structure.Knots;
using VitGrid.Structure.Lines;

namespace VitGrid.Server.Tests.Architecture;

/// <summary>The measures that <see cref="StructureTests"/> trust.</summary>
public sealed class StructureFigureTests
{
    [Fact]
    public void Nodes_that_reach_each_other_are_one_component_and_all_others_stand_alone()
    {
        // a → b → c → a is a ring; d leads into it, it leads to e and f, which depend on each other.
        Dictionary<string, HashSet<string>> graph = Graph(("a", "b"), ("b", "ce"), ("c", "a"), ("d", "a"), ("e", "f"), ("f", "e"));
        IEnumerable<string> components = Components.Find(graph).Select(nodes => string.Concat(nodes.Order(StringComparer.Ordinal)));
        Assert.Equal(["abc", "d", "ef"], components.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_chain_of_a_hundred_thousand_nodes_needs_no_deep_stack()
    {
        const int Length = 100_000;
        Dictionary<int, HashSet<int>> chain = Enumerable.Range(0, Length)
            .ToDictionary(node => node, node => node + 1 < Length ? new HashSet<int> { node + 1 } : []);
        Assert.Equal(Length, Components.Find(chain).Count);
    }

    [Theory]
    [InlineData(new int[0], "0 / 0 / 0")]
    [InlineData(new[] { 7 }, "7 / 7 / 7")]
    [InlineData(new[] { 10, 1, 9, 2, 8, 3, 7, 4, 6, 5 }, "5 / 9 / 10")]
    public void Sizes_are_spread_by_nearest_rank(int[] sizes, string spread) => Assert.Equal(spread, Spread.From(sizes).ToString());

    private static Dictionary<string, HashSet<string>> Graph(params (string Node, string Next)[] nodes) => nodes.ToDictionary(
        node => node.Node,
        node => node.Next.Select(next => next.ToString()).ToHashSet());
}
