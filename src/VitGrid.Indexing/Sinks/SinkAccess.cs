using VitGrid.Engine.Options;
using VitGrid.S3;

namespace VitGrid.Indexing.Sinks;

/// <summary>What a sink is made with beside its specification.</summary>
/// <param name="Job">The job's id: a file, folder or prefix belongs to one, a table takes many.</param>
internal sealed record SinkAccess(string Job)
{
    /// <summary>The least that a database beyond this machine is asked for.</summary>
    public SinkTls Tls { get; init; }

    /// <summary>The store of objects, opened when it is needed.</summary>
    public Func<S3Store> Objects { get; init; } = () => new S3Store(new());

    /// <summary>A job and nothing else.</summary>
    public static implicit operator SinkAccess(string job) => new(job);
}
