using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Verbs.Search;

/// <summary>What a run of <c>vitgrid search</c> was asked for.</summary>
internal sealed record SearchSettings
{
    /// <summary>A folder of images, or an index.</summary>
    public required string Source { get; init; }

    /// <summary>What is looked for, in order.</summary>
    public required IReadOnlyList<SearchQuery> Queries { get; init; }

    /// <summary>The model that was named; null: the index's own, else the bundled one that knows words.</summary>
    public required string? Model { get; init; }

    /// <summary>The grid's flags, without the model.</summary>
    public required GridFlags Grid { get; init; }

    /// <summary>How many are found for each query.</summary>
    public required int Top { get; init; }

    /// <summary>Whether lines for programs are printed on a terminal too.</summary>
    public required bool Json { get; init; }

    public required bool Verbose { get; init; }
}

/// <summary>What is looked for: an image's path, or words.</summary>
/// <param name="Given">As it was written.</param>
/// <param name="IsImage">Whether it is the path of an image, or <c>-</c> for one on standard input.</param>
internal readonly record struct SearchQuery(string Given, bool IsImage)
{
    /// <summary>The kind's name in the answer.</summary>
    public string Kind => IsImage ? "image" : "text";
}
