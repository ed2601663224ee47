namespace VitGrid.Indexing.Sinks;

/// <summary>
/// Where a job's vectors go, in parts. A part becomes visible as a whole by <see cref="CommitAsync"/> or never; its name is used once for
/// ever. Parts of one sink may be prepared, committed and aborted by many processes at once; one instance serves one caller at a time.
/// </summary>
internal interface IVectorSink : IAsyncDisposable
{
    /// <summary>Creates or opens the target. Several processes may do so at once.</summary>
    /// <exception cref="SinkException">It cannot be reached or written, or holds vectors of another job or schema (both are
    /// named).</exception>
    Task OpenAsync(SinkSchema schema, CancellationToken cancellationToken);

    /// <summary>Makes a part durable, not yet visible. May be called again after a failure.</summary>
    /// <exception cref="SinkException">It could not; nothing of the part remains.</exception>
    Task PrepareAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken);

    /// <summary>Makes a prepared part visible and durable. A part that is committed already stays so.</summary>
    /// <exception cref="SinkException">It could not; with <see cref="SinkFault.PartAborted"/> it never will be.</exception>
    Task CommitAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken);

    /// <summary>
    /// Settles the fate of a part whose owner may be dead or frozen. True: it is not visible and no <see cref="CommitAsync"/> will ever
    /// make it so, or its rows can be stored again without harm. False: it is committed.
    /// </summary>
    Task<bool> TryAbortAsync(string part, CancellationToken cancellationToken);

    /// <summary>
    /// Completes the target once every item of the job is accounted for. Several processes may call it, also again after more parts were
    /// committed.
    /// </summary>
    Task FinishAsync(SinkSummary summary, CancellationToken cancellationToken);
}
