using System.Globalization;
using Spectre.Console;

namespace VitGrid.Server.Verbs.Search;

/// <summary>Prints what was found: a table on a terminal, a JSON line a query elsewhere.</summary>
/// <param name="terminal">Where.</param>
/// <param name="settings">What was asked.</param>
/// <param name="name">What a hit's name is called: <c>file</c> or <c>id</c>.</param>
/// <param name="model">The model's name.</param>
internal sealed class SearchPrinter(Terminal terminal, SearchSettings settings, string name, string model)
{
    /// <summary>Prints the queries in their order; those without a vector have an error in its place.</summary>
    public async Task PrintAsync(IReadOnlyList<QueryVector> queries, VectorScan scan, CancellationToken cancellationToken)
    {
        Queue<IReadOnlyList<SearchHit>> found = new(scan.Best);
        List<(QueryVector Query, IReadOnlyList<SearchHit> Hits)> rows =
            [.. queries.Select(query => (query, query.Vector is null ? [] : found.Dequeue()))];
        if (terminal.OutIsTerminal && !settings.Json)
        {
            terminal.OutConsole().Write(Draw(rows));
            return;
        }
        foreach ((QueryVector query, IReadOnlyList<SearchHit> hits) in rows)
            await terminal.Out.WriteLineAsync(Line(query, hits).AsMemory(), cancellationToken);
    }

    private string Line(QueryVector query, IReadOnlyList<SearchHit> hits) => query.Error is { } error
        ? JsonLines.Line(new { query = query.Query.Given, kind = query.Query.Kind, error })
        : JsonLines.Line(new
        {
            query = query.Query.Given,
            kind = query.Query.Kind,
            model,
            matches = hits.Select(hit => new Dictionary<string, object> { [name] = hit.Id, ["cosine"] = hit.Cosine }),
        });

    private Table Draw(IReadOnlyList<(QueryVector Query, IReadOnlyList<SearchHit> Hits)> rows)
    {
        Table table = new Table().AddColumns("query", $"nearest {name}", "cosine");
        foreach ((QueryVector query, IReadOnlyList<SearchHit> hits) in rows.Where(row => row.Query.Error is null))
        {
            table.AddRow(
                new Text(query.Query.Given),
                new Text(string.Join('\n', hits.Select(hit => hit.Id))),
                new Text(string.Join('\n', hits.Select(hit => hit.Cosine.ToString("0.000", CultureInfo.InvariantCulture)))));
        }
        return table;
    }
}
