using System.Security.Claims;

namespace VitGrid.Page.Calls;

/// <summary>On whose behalf a page was opened, as its connection says. The key stays in the server's memory.</summary>
/// <param name="Name">What people call the key; empty where keys are off.</param>
/// <param name="Key">The key; null where keys are off.</param>
/// <param name="Peer">Address of the browser.</param>
/// <param name="Scopes">What the key may do; null where keys are off: everything.</param>
public sealed record PageCaller(string Name, string? Key, string? Peer, IReadOnlySet<string>? Scopes)
{
    private const string KeyClaim = "vitgrid:key", PeerClaim = "vitgrid:peer", ScopeClaim = "vitgrid:scope", Scheme = "vitgrid";

    /// <summary>Whether it may do what a scope stands for.</summary>
    public bool Has(string scope) => Scopes is null || Scopes.Contains(scope) || Scopes.Contains("admin");

    /// <summary>The caller of a connection.</summary>
    public static PageCaller From(ClaimsPrincipal user)
    {
        ArgumentNullException.ThrowIfNull(user);
        string? key = user.FindFirst(KeyClaim)?.Value;
        return new(
            user.Identity?.Name ?? "", key, user.FindFirst(PeerClaim)?.Value,
            key is null ? null : user.FindAll(ScopeClaim).Select(claim => claim.Value).ToHashSet());
    }

    /// <summary>The same as the user of a connection.</summary>
    public ClaimsPrincipal ToUser()
    {
        List<Claim> claims = [new(ClaimTypes.Name, Name)];
        if (Key is not null)
            claims.Add(new(KeyClaim, Key));
        if (Peer is not null)
            claims.Add(new(PeerClaim, Peer));
        claims.AddRange((Scopes ?? new HashSet<string>()).Select(scope => new Claim(ScopeClaim, scope)));
        return new(new ClaimsIdentity(claims, Scheme));
    }

    /// <summary>A record would print what it holds.</summary>
    public override string ToString() => $"{Name} (key hidden)";
}
