namespace VitGrid.Indexing.Queue;

/// <summary>The stream as a whole.</summary>
/// <param name="Length">Entries in it.</param>
/// <param name="Pending">Read and not yet acknowledged.</param>
/// <param name="Lag">Not yet read; null where Redis does not know it.</param>
internal readonly record struct StreamState(long Length, long Pending, long? Lag);
