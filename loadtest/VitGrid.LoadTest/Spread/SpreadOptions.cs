namespace VitGrid.LoadTest.Spread;

/// <summary>What is asked.</summary>
/// <param name="Server">vitgrid.dll.</param>
/// <param name="Model">Folder of the checkpoint.</param>
/// <param name="Image">The image to embed.</param>
/// <param name="Precision">Arithmetic.</param>
/// <param name="Workers">Worker processes, one segment in each.</param>
/// <param name="Logs">Where the processes' output goes.</param>
internal sealed record SpreadOptions(string Server, string Model, string Image, string Precision, int Workers, string Logs);
