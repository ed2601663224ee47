using System.Collections.Concurrent;
using System.Text.Json;
using VitGrid.Indexing.Sinks.Files;

namespace VitGrid.Indexing.Sinks.Buckets;

/// <summary>The entries of a bucket's parts.</summary>
internal sealed class BucketEntries(StateObjects state)
{
    private const int ReadAtOnce = 16;

    /// <summary>Decides a part's fate; false: it was decided before.</summary>
    public Task<bool> TryDecideAsync(BucketEntry entry, CancellationToken cancellationToken) =>
        state.TryCreateAsync(NameOf(entry.Part), JsonSerializer.SerializeToUtf8Bytes(entry, SinkJson.Options), cancellationToken);

    /// <summary>Gives up a part that was committed, and of which nothing can be there any more.</summary>
    public Task GiveUpAsync(string part, CancellationToken cancellationToken) => state.WriteAsync(
        NameOf(part), stream => JsonSerializer.SerializeAsync(stream, BucketEntry.GivenUp(part), SinkJson.Options, cancellationToken),
        replace: true, cancellationToken);

    /// <summary>What was decided of a part; null: nothing yet.</summary>
    /// <exception cref="SinkException">It cannot be read.</exception>
    public async Task<BucketEntry?> FindAsync(string part, CancellationToken cancellationToken)
    {
        if (await state.ReadAsync(NameOf(part), cancellationToken) is not { } bytes)
            return null;
        try
        {
            return JsonSerializer.Deserialize<BucketEntry>(bytes, SinkJson.Options)!;
        }
        catch (JsonException exception)
        {
            throw new SinkException(
                SinkFault.Refused, $"{state.PlaceOf(NameOf(part))} is damaged ({exception.Message}); restore it");
        }
    }

    /// <summary>The entries of parts, several at once, by name.</summary>
    public async Task<IReadOnlyList<BucketEntry>> FindAllAsync(IEnumerable<string> parts, CancellationToken cancellationToken)
    {
        ConcurrentBag<BucketEntry> found = [];
        ParallelOptions bound = new() { MaxDegreeOfParallelism = ReadAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(parts, bound, async (part, token) =>
        {
            if (await FindAsync(part, token) is { } entry)
                found.Add(entry);
        });
        return [.. found.OrderBy(entry => entry.Part, StringComparer.Ordinal)];
    }

    private static string NameOf(string part) => $"{PartNames.Escaped(part)}{PartNames.EntryEnding}";
}
