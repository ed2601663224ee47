namespace VitGrid.Server.Api.Protocols;

/// <summary>The protocols that are served, in the order of their registration.</summary>
internal sealed class ProtocolSet(IEnumerable<Protocol> protocols)
{
    /// <summary>At least one; the first speaks for what belongs to none, such as <c>/health/live</c>.</summary>
    public IReadOnlyList<Protocol> All { get; } = [.. protocols];

    /// <summary>The protocol whose shape an answer has: its route's, else the first that owns its path, else the first of all.</summary>
    public Protocol From(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Protocol>()
        ?? All.FirstOrDefault(protocol => protocol.Owns(context.Request.Path))
        ?? All[0];
}
