using System.Text;
using System.Text.Json;

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>
/// The items of each part, a line a row: <c>{"id","uri"}</c>. They lie beside the manifest, and are read only when rows are to be made
/// anew.
/// </summary>
internal sealed class PartItems(IStateFiles files)
{
    /// <summary>How the names of their files end.</summary>
    public const string Ending = ".items.jsonl";

    /// <summary>Writes the items of rows that say where their images are; nothing where none does.</summary>
    public async Task WriteAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
    {
        if (rows.All(row => row.Uri is null))
            return;
        await files.WriteAsync(
            NameOf(part),
            async stream =>
            {
                foreach (SinkRow row in rows)
                {
                    ItemLine line = new(row.Id, row.KeptUri);
                    await JsonSerializer.SerializeAsync(stream, line, SinkJson.OneLine, cancellationToken);
                    stream.WriteByte((byte)'\n');
                }
            },
            replace: true,
            cancellationToken);
    }

    /// <summary>The items of a part, a row each; null where they were not written, as by builds before.</summary>
    public async Task<ItemLine[]?> ReadAsync(string part, CancellationToken cancellationToken) =>
        await files.ReadAsync(NameOf(part), cancellationToken) is not { } bytes
            ? null
            : [.. Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(
                line => JsonSerializer.Deserialize<ItemLine>(line, SinkJson.OneLine)!)];

    /// <summary>Forgets the items of a part.</summary>
    public Task DeleteAsync(string part, CancellationToken cancellationToken) => files.DeleteAsync(NameOf(part), cancellationToken);

    private static string NameOf(string part) => $"{PartNames.Escaped(part)}{Ending}";
}

/// <summary>An item of a part.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Uri">Where its image is; null where that was too long to be kept.</param>
internal sealed record ItemLine(string Id, string? Uri = null);
