namespace VitGrid.Hub;

/// <summary>How far a pull is.</summary>
/// <param name="DoneBytes">Bytes of the needed files that are there.</param>
/// <param name="Bytes">Bytes of all needed files.</param>
/// <param name="Files">Needed files.</param>
/// <param name="FetchedBytes">Bytes that came over the network.</param>
public readonly record struct PullProgress(long DoneBytes, long Bytes, int Files, long FetchedBytes);
