using System.Security.Cryptography;
using VitGrid.Cluster.Contracts;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>Who this process is in the grid.</summary>
/// <param name="name">A silo's address; a front end's own name.</param>
/// <param name="isWorker">Whether others connect to it: nobody does to a front end, which opens all its links.</param>
internal sealed class LocalNode(string name, bool isWorker = true)
{
    /// <summary>Whether it is a worker, alone or with a front end in the same process.</summary>
    public bool IsWorker => isWorker;

    /// <summary>Name, incarnation and, once the data plane listens, endpoint.</summary>
    public NodeAddress Address { get; private set; } = new(name, Incarnate(), null);

    /// <summary>
    /// Not to be guessed: whoever connects has to name it, so that without certificates only those talk here whom the grid told of this
    /// process.
    /// </summary>
    private static long Incarnate() => (BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue) | 1;

    internal void Listens(NodeEndpoint endpoint) => Address = Address with { Endpoint = endpoint };
}
