namespace VitGrid.LoadTest.Failures;

/// <summary>One way to break a grid under load.</summary>
/// <param name="Name">As <c>--experiment</c> takes it.</param>
/// <param name="What">What happens, for the report.</param>
/// <param name="Gap">The longest time without an answer that is wanted; null where nothing is asked.</param>
/// <param name="Act">Breaks something and fixes what the grid cannot fix itself; the grid is whole before and must become so
/// after.</param>
/// <param name="Restore">Brings back the grid that the next experiment expects, unmeasured; null where nothing is to be done.</param>
internal sealed record Experiment(string Name, string What, TimeSpan? Gap, Func<Scene, Task> Act, Func<Scene, Task>? Restore = null)
{
    /// <summary>
    /// Whether nobody is left for a while who could answer: requests may then be refused or miss their deadline, and are counted; a wrong
    /// vector is wrong all the same. Default: no.
    /// </summary>
    public bool LeavesNobody { get; init; }
}
