using VitGrid.Cluster.Contracts;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>Who this process is in the grid.</summary>
/// <param name="name">A silo's address; a front end's own name.</param>
internal sealed class LocalNode(string name)
{
    /// <summary>Name, incarnation and, once the data plane listens, endpoint.</summary>
    public NodeAddress Address { get; private set; } = new(name, Random.Shared.NextInt64(1, long.MaxValue), null);

    internal void Listens(NodeEndpoint endpoint) => Address = Address with { Endpoint = endpoint };
}
