namespace VitGrid.Model.Graph;

/// <summary>A tensor inside a graph, known by the path of the node, input or initializer that makes it.</summary>
internal readonly record struct Value(string Name);
