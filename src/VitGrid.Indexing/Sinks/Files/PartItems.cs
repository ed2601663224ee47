using System.Text.Json;

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>
/// The items of each part, a line a row: <c>{"id","uri"}</c>. They lie beside the manifest, and are read only when rows are to be made
/// anew.
/// </summary>
/// <param name="target">Where the sink's files lie.</param>
/// <param name="escaped">A part's name as files have it.</param>
internal sealed class PartItems(FileTarget target, Func<string, string> escaped)
{
    private const string Ending = ".items.jsonl";

    /// <summary>Writes the items of rows that say where their images are; nothing where none does.</summary>
    public async Task WriteAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
    {
        if (rows.All(row => row.Uri is null))
            return;
        string hidden = Path.Combine(target.State, $".{escaped(part)}{Ending}.part.tmp");
        await DurableFile.WriteAsync(
            hidden,
            "",
            async stream =>
            {
                foreach (SinkRow row in rows)
                {
                    ItemLine line = new(row.Id, row.KeptUri);
                    await JsonSerializer.SerializeAsync(stream, line, SinkJson.OneLine, cancellationToken);
                    stream.WriteByte((byte)'\n');
                }
            },
            cancellationToken);
        File.Move(hidden, PathOf(part), overwrite: true);
    }

    /// <summary>The items of a part, a row each; null where they were not written, as by builds before.</summary>
    public async Task<ItemLine[]?> ReadAsync(string part, CancellationToken cancellationToken) => !File.Exists(PathOf(part))
        ? null
        : [.. (await File.ReadAllLinesAsync(PathOf(part), cancellationToken)).Select(
            line => JsonSerializer.Deserialize<ItemLine>(line, SinkJson.OneLine)!)];

    /// <summary>Forgets the items of a part.</summary>
    public void Delete(string part) => File.Delete(PathOf(part));

    private string PathOf(string part) => Path.Combine(target.State, $"{escaped(part)}{Ending}");
}

/// <summary>An item of a part.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Uri">Where its image is; null where that was too long to be kept.</param>
internal sealed record ItemLine(string Id, string? Uri = null);
