using System.Text;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>One JSON object an image, to a file or to standard output.</summary>
internal sealed class JsonLinesSink : IOutcomeSink
{
    private readonly string _model;
    private readonly AtomicFile? _file;
    private readonly TextWriter _writer;

    public JsonLinesSink(string model, TextWriter output)
    {
        _model = model;
        _writer = output;
    }

    public JsonLinesSink(string model, AtomicFile file)
    {
        _model = model;
        _file = file;
        _writer = new StreamWriter(file.Stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
    }

    public async ValueTask WriteAsync(EmbedOutcome outcome, CancellationToken cancellationToken) =>
        await _writer.WriteLineAsync(Line(outcome).AsMemory(), cancellationToken);

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await _writer.FlushAsync(cancellationToken);
        _file?.Commit();
    }

    public void Dispose() => _file?.Dispose();

    private string Line(EmbedOutcome outcome) => outcome.Vector is { } vector
        ? JsonLines.Line(new
        {
            file = FileOf(outcome),
            text = TextOf(outcome),
            outcome.Index,
            model = _model,
            dimensions = vector.Length,
            embedding = vector,
        })
        : ErrorLine(outcome);

    public static string ErrorLine(EmbedOutcome outcome) =>
        JsonLines.Line(new { file = FileOf(outcome), text = TextOf(outcome), outcome.Error });

    /// <summary>The image's name; null of a text.</summary>
    public static string? FileOf(EmbedOutcome outcome) => outcome.IsText ? null : outcome.File;

    /// <summary>The text; null of an image.</summary>
    public static string? TextOf(EmbedOutcome outcome) => outcome.IsText ? outcome.File : null;
}
