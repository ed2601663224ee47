namespace VitGrid.LoadTest.Indexing;

/// <summary>What <c>index-chaos</c> was asked for.</summary>
/// <param name="Server">vitgrid.dll.</param>
/// <param name="Images">How many to index.</param>
/// <param name="Every">Time between two kills.</param>
/// <param name="Limit">Longest time the job may take.</param>
/// <param name="Folder">Where everything is; emptied first.</param>
/// <param name="Source">Where the images are.</param>
internal sealed record ChaosOptions(string Server, int Images, TimeSpan Every, TimeSpan Limit, string Folder, ChaosSource Source)
{
    /// <summary>Whether vectors go into a bucket, not onto a small disk.</summary>
    public bool IntoBucket { get; init; }
}

/// <summary>Where images are.</summary>
internal enum ChaosSource
{
    /// <summary>In files.</summary>
    Files,

    /// <summary>In archives.</summary>
    Tar,

    /// <summary>In archives of a bucket.</summary>
    S3,
}
