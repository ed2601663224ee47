namespace VitGrid.Hub;

/// <summary>What a pull left behind.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Folder">The snapshot's folder.</param>
/// <param name="Files">Files that the model needs.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="FetchedBytes">Bytes that came over the network; 0: everything was there.</param>
public sealed record PullResult(string Commit, string Folder, int Files, long Bytes, long FetchedBytes);
