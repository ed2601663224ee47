namespace VitGrid.Server.Api.Access;

/// <summary>On whose behalf a request came.</summary>
/// <param name="Tenant">
/// Whose files, batches and shares it uses: the id of a key, or a token's subject; empty where nobody was asked who they are.
/// </param>
internal sealed record Caller(string Tenant)
{
    /// <summary>The caller where keys are off.</summary>
    public static Caller Anonymous { get; } = new("");
}

/// <summary>The caller of a request.</summary>
internal static class CallerOfRequest
{
    /// <summary>Who sent this request, as the guard found; <see cref="Caller.Anonymous"/> where keys are off.</summary>
    public static Caller Caller(this HttpContext context) => context.Features.Get<Caller>() ?? Access.Caller.Anonymous;
}
