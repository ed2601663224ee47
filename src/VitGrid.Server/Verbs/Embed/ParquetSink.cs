using System.Globalization;
using Parquet;
using Parquet.Schema;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>
/// The vectors as Parquet: columns <c>file</c> (string), <c>index</c> (int64), <c>embedding</c> (list of float32), the model and its
/// dimensions in the file's metadata. Pictures that failed stand in <c>NAME.errors.jsonl</c> beside it, which exists only when there are any.
/// </summary>
internal sealed class ParquetSink(string path, string model, int dimensions) : IOutcomeSink
{
    // Readers hold a row group at a time: 4,096 vectors of 1,024 numbers are 16 MiB.
    private const int RowsInGroup = 4_096;

    private static readonly DataField<string> FileColumn = new("file");
    private static readonly DataField<long> IndexColumn = new("index");
    private static readonly DataField<float> NumberColumn = new("element");
    private static readonly ParquetSchema Schema = new(FileColumn, IndexColumn, new ListField("embedding", NumberColumn));

    private readonly AtomicFile _file = new(path);
    private readonly List<EmbedOutcome> _rows = new(RowsInGroup);
    private readonly List<string> _errors = [];
    private ParquetWriter? _writer;

    public static string ErrorsBeside(string path) => Path.ChangeExtension(path, ".errors.jsonl");

    public async ValueTask WriteAsync(EmbedOutcome outcome, CancellationToken cancellation)
    {
        if (outcome.Vector is null)
            _errors.Add(JsonLinesSink.ErrorLine(outcome));
        else
            _rows.Add(outcome);
        if (_rows.Count == RowsInGroup)
            await FlushAsync(cancellation);
    }

    public async ValueTask CompleteAsync(CancellationToken cancellation)
    {
        await FlushAsync(cancellation);
        await _writer!.DisposeAsync();
        if (_errors.Count > 0)
            await File.WriteAllLinesAsync(ErrorsBeside(path), _errors, cancellation);
        _file.Commit();
    }

    public void Dispose() => _file.Dispose();

    private async ValueTask FlushAsync(CancellationToken cancellation)
    {
        _writer ??= await OpenAsync(cancellation);
        if (_rows.Count == 0)
            return;
        using ParquetRowGroupWriter group = _writer.CreateRowGroup();
        await group.WriteAsync(FileColumn, _rows.ConvertAll(row => row.File));
        await group.WriteAsync<long>(IndexColumn, _rows.Select(row => (long)row.Index).ToArray(), cancellationToken: cancellation);
        await group.WriteAsync<float>(NumberColumn, Numbers(), Starts(), cancellationToken: cancellation);
        _rows.Clear();
    }

    private async Task<ParquetWriter> OpenAsync(CancellationToken cancellation)
    {
        ParquetWriter writer = await ParquetWriter.CreateAsync(Schema, _file.Stream, cancellationToken: cancellation);
        writer.CustomMetadata = new Dictionary<string, string>
        {
            ["vitgrid.model"] = model,
            ["vitgrid.dimensions"] = dimensions.ToString(CultureInfo.InvariantCulture),
        };
        return writer;
    }

    private ReadOnlyMemory<float?> Numbers() => _rows.SelectMany(row => row.Vector!).Select(number => (float?)number).ToArray();

    /// <summary>Parquet's repetition levels: 0 begins a row's list, 1 goes on with it.</summary>
    private ReadOnlyMemory<int> Starts() => Enumerable.Range(0, _rows.Count * dimensions).Select(i => i % dimensions == 0 ? 0 : 1).ToArray();
}
