namespace VitGrid.Client.Tests;

/// <summary>Makes answers as a server does.</summary>
internal static class Answer
{
    /// <summary>An answer with a vector an index, each its index and a one, in the order of <paramref name="indexes"/>.</summary>
    public static string With(params IEnumerable<int> indexes) => Of(indexes.Select(index => (index, $"[{index},1]")));

    /// <summary>An answer with vectors as they stand in JSON.</summary>
    public static string Of(IEnumerable<(int Index, string Vector)> items)
    {
        string data = string.Join(',', items.Select(
            item => $$"""{"object":"embedding","index":{{item.Index}},"embedding":{{item.Vector}}}"""));
        return $$"""
            {"object":"list","data":[{{data}}],"model":"m","usage":{"prompt_tokens":130,"total_tokens":130,"images":2},
            "id":"emb-1","created":1700000000}
            """;
    }
}
