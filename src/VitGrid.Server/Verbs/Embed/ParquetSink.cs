using System.Globalization;
using VitGrid.Indexing.Formats;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>
/// The vectors as Parquet: columns <c>file</c> (string), <c>index</c> (int64), <c>embedding</c> (list of float32), the model and its
/// dimensions in the file's metadata. Images that failed stand in <c>NAME.errors.jsonl</c> beside it, which exists only when there are any.
/// </summary>
internal sealed class ParquetSink(string path, string model, int dimensions) : IOutcomeSink
{
    private readonly AtomicFile _file = new(path);
    private readonly List<EmbedOutcome> _rows = [];
    private readonly List<string> _errors = [];
    private ParquetVectors? _vectors;

    public static string ErrorsBeside(string path) => Path.ChangeExtension(path, ".errors.jsonl");

    public async ValueTask WriteAsync(EmbedOutcome outcome, CancellationToken cancellationToken)
    {
        if (outcome.Vector is null)
            _errors.Add(JsonLinesSink.ErrorLine(outcome));
        else
            _rows.Add(outcome);
        if (_rows.Count == ParquetVectors.RowsOf(dimensions))
            await FlushAsync(cancellationToken);
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        await _vectors!.DisposeAsync();
        if (_errors.Count > 0)
            await File.WriteAllLinesAsync(ErrorsBeside(path), _errors, cancellationToken);
        _file.Commit();
    }

    public void Dispose() => _file.Dispose();

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        _vectors ??= await OpenAsync(cancellationToken);
        if (_rows.Count == 0)
            return;
        ParquetRows rows = new(_rows.ConvertAll(row => row.File), _rows.ConvertAll(row => (ReadOnlyMemory<float>)row.Vector))
        {
            Places = _rows.ConvertAll(row => (long)row.Index),
        };
        await _vectors.WriteAsync(rows, cancellationToken);
        _rows.Clear();
    }

    private Task<ParquetVectors> OpenAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, string> metadata = new()
        {
            ["vitgrid.model"] = model,
            ["vitgrid.dimensions"] = dimensions.ToString(CultureInfo.InvariantCulture),
        };
        return ParquetVectors.CreateAsync(_file.Stream, new("file") { HasPlaces = true }, dimensions, metadata, cancellationToken);
    }
}
