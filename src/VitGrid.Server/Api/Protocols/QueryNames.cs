namespace VitGrid.Server.Api.Protocols;

/// <summary>Metadata of a route: which names it reads in a query. A route without it reads none.</summary>
/// <param name="Read">The names.</param>
internal sealed record QueryNames(params IReadOnlyList<string> Read)
{
    /// <summary>The route itself judges every name of its query.</summary>
    public static QueryNames JudgedByRoute { get; } = new() { IsJudgedByRoute = true };

    /// <summary>Whether the route itself judges every name of its query, so that nobody else does.</summary>
    public bool IsJudgedByRoute { get; private init; }
}
