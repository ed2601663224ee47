using VitGrid.Access.Keys;

namespace VitGrid.Server.Api.Access;

/// <summary>Metadata of an endpoint: who may ask it. An endpoint without it is an administrator's.</summary>
internal sealed record EndpointAccess
{
    private EndpointAccess()
    {
    }

    /// <summary>For everybody, without a key.</summary>
    public static EndpointAccess Open { get; } = new() { IsOpen = true };

    /// <summary>For every key, whatever its scopes.</summary>
    public static EndpointAccess AnyKey { get; } = new();

    /// <summary>Whether no key is asked for.</summary>
    public bool IsOpen { get; private init; }

    /// <summary>Scopes of which a key needs one; none: any key will do.</summary>
    public Scopes AnyOf { get; private init; }

    /// <summary>For keys with one of these scopes.</summary>
    public static EndpointAccess For(Scopes scopes) => new() { AnyOf = scopes };

    /// <summary>
    /// What an endpoint asks for. Where there is none, and at the framework's own refusals such as 405, any key may hear that nothing is
    /// served.
    /// </summary>
    public static EndpointAccess From(Endpoint? endpoint) => endpoint is RouteEndpoint
        ? endpoint.Metadata.GetMetadata<EndpointAccess>() ?? For(Scopes.Admin)
        : AnyKey;
}

/// <summary>Metadata of an endpoint: what it does is administration, and is written down when it succeeded.</summary>
/// <param name="Deed">What it does, such as <c>batches cancel</c>.</param>
internal sealed record AuditedAs(string Deed);

/// <summary>Says at a route's mapping who may ask it.</summary>
internal static class EndpointAccessExtensions
{
    /// <summary>For keys with one of these scopes.</summary>
    public static T RequireScope<T>(this T route, Scopes scopes)
        where T : IEndpointConventionBuilder => route.WithMetadata(EndpointAccess.For(scopes));

    /// <summary>For every key.</summary>
    public static T RequireKey<T>(this T route)
        where T : IEndpointConventionBuilder => route.WithMetadata(EndpointAccess.AnyKey);

    /// <summary>For everybody.</summary>
    public static T AllowWithoutKey<T>(this T route)
        where T : IEndpointConventionBuilder => route.WithMetadata(EndpointAccess.Open);

    /// <summary>Writes every success down as administration.</summary>
    public static T Audited<T>(this T route, string deed)
        where T : IEndpointConventionBuilder => route.WithMetadata(new AuditedAs(deed));
}
