namespace VitGrid.Indexing;

/// <summary>What the indexing queue cannot do. The message names the thing, its value and the remedy.</summary>
public sealed class IndexException(string message, Exception? inner = null) : Exception(message, inner);
