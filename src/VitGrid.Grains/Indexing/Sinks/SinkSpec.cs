namespace VitGrid.Grains.Indexing.Sinks;

/// <summary>A sink as users name it: <c>jsonl:FILE</c>, <c>npy:DIR</c>, <c>parquet:DIR</c>, <c>pgvector:CONNECTION;table=T</c>.</summary>
internal sealed class SinkSpec
{
    private readonly Func<string, IVectorSink> _create;
    private readonly string _shown;

    private SinkSpec(string text, string shown, Func<string, IVectorSink> create) => (Text, _shown, _create) = (text, shown, create);

    /// <summary>The specification with absolute paths: means the same in every process that sees the same folders. May hold a password.</summary>
    public string Text { get; }

    /// <summary>Reads a specification; relative paths are taken from this process's folder.</summary>
    /// <exception cref="SinkException">It names no sink; the message says what is wrong and what would be right.</exception>
    public static SinkSpec Parse(string text)
    {
        string scheme = text.Split(':')[0];
        throw new SinkException(SinkFault.Refused, $"sink '{scheme}' is unknown; use jsonl:FILE, npy:DIR, parquet:DIR or pgvector:CONNECTION;table=T");
    }

    /// <summary>The sink of a job, not yet opened. A file or folder belongs to one job; a table takes many.</summary>
    public IVectorSink Create(string job) => _create(job);

    /// <summary>The specification without a password, for people and logs.</summary>
    public override string ToString() => _shown;
}
