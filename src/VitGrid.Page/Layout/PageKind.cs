using VitGrid.Page.Words;

namespace VitGrid.Page.Layout;

/// <summary>One of the pages: where it is, what it is called, and which scope a key needs for it.</summary>
/// <param name="Path">Its address.</param>
/// <param name="Title">Its name.</param>
/// <param name="Scope">The scope; null: any key will do.</param>
public sealed record PageKind(string Path, string Title, string? Scope)
{
    /// <summary>Images to try.</summary>
    public static PageKind Try { get; } = new("/try", Texts.Try, "embed");

    /// <summary>The grid.</summary>
    public static PageKind Grid { get; } = new("/grid", Texts.Grid, "metrics");

    /// <summary>What is served, and what lies on this machine.</summary>
    public static PageKind Models { get; } = new("/models", Texts.ServedModels, null);

    /// <summary>The indexing queue's jobs; where there is a queue.</summary>
    public static PageKind Jobs { get; } = new("/jobs", Texts.Jobs, "index");

    /// <summary>All of them, in the order of the navigation.</summary>
    public static IReadOnlyList<PageKind> All { get; } = [Try, Grid, Models, Jobs];
}
