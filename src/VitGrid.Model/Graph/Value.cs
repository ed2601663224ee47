namespace VitGrid.Model.Graph;

/// <summary>A tensor inside a graph, known by the path of the node, input or initializer that makes it.</summary>
internal readonly record struct Value(string Name)
{
    /// <summary>Stands for an optional input that is left out.</summary>
    public static Value None { get; } = new("");
}
