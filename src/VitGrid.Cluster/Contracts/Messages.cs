namespace VitGrid.Cluster.Contracts;

/// <summary>What grains say to each other. Messages name pixels by id; tensors are never in a message.</summary>
internal static class Messages
{
    /// <summary>
    /// Above the longest request timeout (one hour): a request ends by its own deadline, which has a clear message, and never by
    /// Orleans' response timeout.
    /// </summary>
    public const string ResponseTimeout = "01:10:00";
}
