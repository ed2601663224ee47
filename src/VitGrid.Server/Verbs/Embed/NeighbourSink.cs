using System.Globalization;
using Spectre.Console;
using VitGrid.Server.Api.Answers;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>Collects every vector and prints each image's nearest others: a table on a terminal, JSON lines elsewhere.</summary>
internal sealed class NeighbourSink(Terminal terminal, int count) : IOutcomeSink
{
    private readonly List<string> _files = [];
    private readonly List<float[]> _vectors = [];

    public async ValueTask WriteAsync(EmbedOutcome outcome, CancellationToken cancellationToken)
    {
        if (outcome.Vector is { } vector)
        {
            _files.Add(outcome.File);
            _vectors.Add(VectorEncoding.Normalize(vector));
        }
        else if (!terminal.OutIsTerminal)
        {
            await terminal.Out.WriteLineAsync(JsonLinesSink.ErrorLine(outcome).AsMemory(), cancellationToken);
        }
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        Neighbour[][] found = NearestNeighbours.Find(_vectors, count, cancellationToken);
        if (terminal.OutIsTerminal)
        {
            terminal.OutConsole().Write(Draw(found));
            return;
        }
        for (int i = 0; i < found.Length; i++)
        {
            string line = JsonLines.Line(new
            {
                file = _files[i],
                neighbours = found[i].Select(neighbour => new { file = _files[neighbour.Index], cosine = neighbour.Cosine }),
            });
            await terminal.Out.WriteLineAsync(line.AsMemory(), cancellationToken);
        }
    }

    public void Dispose()
    {
    }

    private Table Draw(Neighbour[][] found)
    {
        Table table = new Table().AddColumns("image", "nearest (cosine)");
        for (int i = 0; i < found.Length; i++)
        {
            IEnumerable<string> nearest = found[i].Select(neighbour =>
                string.Create(CultureInfo.InvariantCulture, $"{_files[neighbour.Index]} {neighbour.Cosine:0.000}"));
            table.AddRow(new Text(_files[i]), new Text(string.Join('\n', nearest)));
        }
        return table;
    }
}
