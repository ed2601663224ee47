namespace VitGrid.LoadTest;

/// <summary>One soak: a server of its own under closed-loop load, then Ctrl-C in mid-load.</summary>
/// <param name="Server">Path of vitgrid.dll.</param>
/// <param name="Images">Folder of images to send.</param>
/// <param name="Clients">Requests under way at once.</param>
/// <param name="Seconds">Length of the steady load before Ctrl-C.</param>
/// <param name="ServerArguments">Further arguments of <c>vitgrid serve</c>.</param>
internal sealed record SoakOptions(string Server, string Images, int Clients, int Seconds, IReadOnlyList<string> ServerArguments);
