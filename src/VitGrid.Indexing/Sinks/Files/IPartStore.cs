namespace VitGrid.Indexing.Sinks.Files;

/// <summary>
/// Where the parts of a sink lie, and what becomes of them: a folder, or a bucket. A part is seen as a whole or not at all; whoever first
/// decides its fate does so for all processes. Parts may be written and decided by many of them at once, one instance serves one caller.
/// </summary>
internal interface IPartStore
{
    /// <summary>The sink as users name it.</summary>
    string Name { get; }

    /// <summary>What those must share who work on one sink, for messages: <c>folder</c>.</summary>
    string Kind { get; }

    /// <summary>Where the parts lie, for messages.</summary>
    string Place { get; }

    /// <summary>The files beside the parts.</summary>
    IStateFiles State { get; }

    /// <summary>What the sink can tell of a part's rows; see <see cref="PartItems"/>.</summary>
    PartItems Items { get; }

    /// <summary>What speaks against the place before anything is written; null: nothing does.</summary>
    string? Objection { get; }

    /// <summary>Vectors that are there and of no sink: a file's or object's name; null: none are.</summary>
    Task<string?> FindForeignAsync(CancellationToken cancellationToken);

    /// <summary>Whether this process may write and remove, and the place keeps its promises.</summary>
    Task ProbeAsync(CancellationToken cancellationToken);

    /// <summary>What was decided of a part.</summary>
    Task<PartFate> FateAsync(string part, CancellationToken cancellationToken);

    /// <summary>Makes a part durable that nobody sees yet, and knows its entry.</summary>
    /// <exception cref="SinkException">The part was aborted.</exception>
    Task WriteAsync(string part, SinkSchema schema, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken);

    /// <summary>Makes a part that was written visible; false: it was not, or somebody has decided otherwise.</summary>
    Task<bool> TryPublishAsync(string part, CancellationToken cancellationToken);

    /// <summary>Decides that the part will never be visible; false: it is.</summary>
    Task<bool> TryAbortAsync(string part, CancellationToken cancellationToken);

    /// <summary>
    /// Begins to take a visible part out: from now on it counts no more, and what follows can be done again after any interruption.
    /// </summary>
    Task WithdrawAsync(string part, CancellationToken cancellationToken);

    /// <summary>Lets a part be as it was that was to be taken out.</summary>
    Task RestoreAsync(string part, CancellationToken cancellationToken);

    /// <summary>Removes what is left of a part that is being taken out; no process can make it visible again.</summary>
    Task EndWithdrawalAsync(string part, CancellationToken cancellationToken);

    /// <summary>Every part that is visible, by name, and not being taken out.</summary>
    Task<ImmutableArray<ManifestPart>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The parts that are being taken out, by name.</summary>
    Task<ImmutableArray<ManifestPart>> ListWithdrawnAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Joins parts into one file where the sink is one; null: it is not. <paramref name="before"/> is what was joined when the job was last
    /// finished, and stays where it is of the same parts.
    /// </summary>
    Task<ManifestFile?> JoinAsync(ImmutableArray<ManifestPart> parts, SinkResult? before, CancellationToken cancellationToken);

    /// <summary>Removes whatever dead processes left half done; a live one whose part goes with it writes it again.</summary>
    Task SweepAsync(ImmutableArray<ManifestPart> parts, CancellationToken cancellationToken);

    /// <summary>A failure of the place in words; null: it is none of the place.</summary>
    SinkException? Describe(string doing, Exception failure);
}

/// <summary>What was decided of a part.</summary>
internal enum PartFate
{
    /// <summary>Nothing yet.</summary>
    Open,

    /// <summary>It is visible.</summary>
    Committed,

    /// <summary>It will never be visible, or is being taken out.</summary>
    Aborted,
}
