namespace VitGrid.LoadTest.Indexing;

/// <summary>What <c>index-rate</c> was asked for.</summary>
/// <param name="Server">vitgrid.dll.</param>
/// <param name="Images">Sent online, and indexed, in each round.</param>
/// <param name="Clients">Online requests under way at once.</param>
/// <param name="Rounds">How often the two take turns.</param>
/// <param name="Folder">Where everything is; emptied first.</param>
/// <param name="Serve">Passed on to <c>vitgrid serve</c>.</param>
internal sealed record IndexRateOptions(string Server, int Images, int Clients, int Rounds, string Folder, IReadOnlyList<string> Serve);
