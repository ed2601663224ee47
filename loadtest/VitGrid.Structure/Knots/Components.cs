namespace VitGrid.Structure.Knots;

/// <summary>Strongly connected components of a directed graph.</summary>
internal static class Components
{
    /// <summary>Finds all components, by Kosaraju's two searches: nodes in order of their end, then backwards over the edges.</summary>
    /// <param name="edges">For each node those it leads to, all of them keys themselves.</param>
    /// <returns>Every node in exactly one component; components of one node included.</returns>
    public static IReadOnlyList<IReadOnlyList<T>> Find<T>(Dictionary<T, HashSet<T>> edges)
        where T : notnull
    {
        Dictionary<T, List<T>> backwards = edges.Keys.ToDictionary(node => node, _ => new List<T>(), edges.Comparer);
        foreach ((T from, HashSet<T> targets) in edges)
        {
            foreach (T to in targets)
                backwards[to].Add(from);
        }
        HashSet<T> seen = new(edges.Comparer);
        List<T> ended = [];
        foreach (T node in edges.Keys)
            Visit(node, from => edges[from], seen, ended);
        seen.Clear();
        List<IReadOnlyList<T>> components = [];
        foreach (T node in Enumerable.Reverse(ended))
        {
            List<T> component = [];
            Visit(node, from => backwards[from], seen, component);
            if (component.Count > 0)
                components.Add(component);
        }
        return components;
    }

    /// <summary>Searches depth first without recursion and adds each node not seen before once all below it are done.</summary>
    private static void Visit<T>(T start, Func<T, IEnumerable<T>> next, HashSet<T> seen, List<T> ended)
    {
        if (!seen.Add(start))
            return;
        Stack<(T Node, IEnumerator<T> Next)> path = new([(start, next(start).GetEnumerator())]);
        while (path.TryPeek(out (T Node, IEnumerator<T> Next) top))
        {
            if (!top.Next.MoveNext())
                ended.Add(path.Pop().Node);
            else if (seen.Add(top.Next.Current))
                path.Push((top.Next.Current, next(top.Next.Current).GetEnumerator()));
        }
    }
}
