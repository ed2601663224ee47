namespace VitGrid.Hub;

/// <summary>A repository as it is at one commit.</summary>
/// <param name="Repository">Its id, such as <c>org/name</c>.</param>
/// <param name="Name">The branch, tag or commit that was asked for.</param>
/// <param name="Commit">The commit.</param>
/// <param name="Files">Every file.</param>
public sealed record HubRevision(string Repository, string Name, string Commit, IReadOnlyList<HubFile> Files);
