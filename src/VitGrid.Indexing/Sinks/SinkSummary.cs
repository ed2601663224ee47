namespace VitGrid.Indexing.Sinks;

/// <summary>How a job ended.</summary>
/// <param name="Job">Its id.</param>
/// <param name="Done">Items whose vectors are in the sink.</param>
/// <param name="Dead">Items in the dead letters.</param>
/// <param name="Cancelled">Items that were given up on request.</param>
/// <param name="Started">When it was submitted.</param>
/// <param name="Finished">When the last item was accounted for.</param>
internal sealed record SinkSummary(string Job, long Done, long Dead, long Cancelled, DateTimeOffset Started, DateTimeOffset Finished);
