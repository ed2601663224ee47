using System.Text;
using VitGrid.Indexing.Formats;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>
/// The vectors as one array in <c>NAME.npy</c>; beside it <c>NAME.ids.jsonl</c> with one line per image: the file and its row, or the file
/// and its error.
/// </summary>
internal sealed class NpySink : IOutcomeSink
{
    private readonly AtomicFile _vectors;
    private readonly AtomicFile _names;
    private readonly NpyFile _array;
    private readonly StreamWriter _lines;

    public NpySink(string path, int dimensions)
    {
        _vectors = new(path);
        _names = new(NamesBeside(path));
        _array = new(_vectors.Stream, dimensions);
        _lines = new(_names.Stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
    }

    public static string NamesBeside(string path) => Path.ChangeExtension(path, ".ids.jsonl");

    public async ValueTask WriteAsync(EmbedOutcome outcome, CancellationToken cancellationToken)
    {
        if (outcome.Vector is { } vector)
        {
            string line = JsonLines.Line(
                new { file = JsonLinesSink.FileOf(outcome), text = JsonLinesSink.TextOf(outcome), row = _array.Rows });
            await _lines.WriteLineAsync(line.AsMemory(), cancellationToken);
            _array.Append(vector);
        }
        else
        {
            await _lines.WriteLineAsync(JsonLinesSink.ErrorLine(outcome).AsMemory(), cancellationToken);
        }
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        _array.Finish();
        await _lines.FlushAsync(cancellationToken);
        _names.Commit();
        _vectors.Commit();
    }

    public void Dispose()
    {
        _vectors.Dispose();
        _names.Dispose();
    }
}
