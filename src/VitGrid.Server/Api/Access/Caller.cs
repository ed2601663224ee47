using VitGrid.Access.Keys;
using VitGrid.Engine.Requests;

namespace VitGrid.Server.Api.Access;

/// <summary>On whose behalf a request came, and what it may do.</summary>
/// <param name="Tenant">
/// Whose files, batches and shares it uses: the id of a key, or a token's subject; empty where nobody was asked who they are.
/// </param>
internal sealed record Caller(string Tenant)
{
    /// <summary>The caller where keys are off: it may do everything.</summary>
    public static Caller Anonymous { get; } = new("");

    /// <summary>A caller without a key, where an endpoint is open to such.</summary>
    public static Caller Stranger { get; } = new("") { Scopes = Scopes.None, Name = "nobody" };

    /// <summary>What people call it: a key's name, or a token's subject.</summary>
    public string Name { get; init; } = "anonymous";

    /// <summary>What it may do.</summary>
    public Scopes Scopes { get; init; } = Scopes.Admin;

    /// <summary>Models that it may use; none named: all.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Lanes that it may use.</summary>
    public KeyLanes Lanes { get; init; } = KeyLanes.All;

    /// <summary>What it may use.</summary>
    public KeyLimits Limits { get; init; } = KeyLimits.None;

    /// <summary>Whether it has one of these scopes, or all of them as an administrator.</summary>
    public bool Has(Scopes any) => (Scopes & (any | Scopes.Admin)) != 0;

    /// <summary>Whether it may use a model.</summary>
    public bool MayUse(string model) => Models.Count == 0 || Models.Contains(model, StringComparer.Ordinal);

    /// <summary>Whether it may use a lane.</summary>
    public bool MayUse(Lane lane) => (Lanes & (lane == Lane.Bulk ? KeyLanes.Bulk : KeyLanes.Interactive)) != 0;
}

/// <summary>The caller of a request.</summary>
internal static class CallerOfRequest
{
    /// <summary>Who sent this request, as the guard found; <see cref="Caller.Anonymous"/> where keys are off.</summary>
    public static Caller Caller(this HttpContext context) => context.Features.Get<Caller>() ?? Access.Caller.Anonymous;
}
