namespace VitGrid.Transport;

/// <summary>Who a process is. A restarted process has the same node and another incarnation.</summary>
/// <param name="Cluster">The grid it belongs to; processes of different grids never talk.</param>
/// <param name="Node">Its name in the grid.</param>
/// <param name="Incarnation">Distinguishes this run of the process from earlier ones.</param>
public sealed record NodeIdentity(string Cluster, string Node, long Incarnation);
