using System.Text.Json;

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>
/// The fate of parts in a folder that several processes share. A part is written under hidden names and becomes visible when the last of
/// its files is renamed; whoever unlinks that file first decides that it never will. The order of steps makes this hold without a lock: the
/// owner writes and then looks for the tombstone, whoever aborts sets the tombstone and then unlinks, so one of the two sees the other.
/// </summary>
internal sealed class PartFolder(FileTarget target, PartFormat format)
{
    private const string EntryEnding = ".entry.json";
    private const string TemporaryEnding = ".part.tmp";
    private const string WithdrawnEnding = ".withdrawn";

    /// <summary>Whether the part is visible.</summary>
    public bool IsCommitted(string part) => File.Exists(Final(part, format.Last));

    /// <summary>Whether somebody has decided that the part will never be visible, unless it was already.</summary>
    public bool IsAborted(string part) => File.Exists(Tombstone(part)) || IsWithdrawn(part);

    /// <summary>Whether the part is being taken out: it counts no more, whatever is there of it.</summary>
    public bool IsWithdrawn(string part) => File.Exists(Withdrawn(part));

    /// <summary>What the sink can tell of a part's rows; see <see cref="PartItems"/>.</summary>
    public PartItems Items => new(target, Escaped);

    /// <summary>Writes a part's files under hidden names, and the entry that describes it.</summary>
    /// <exception cref="SinkException">The part was aborted.</exception>
    public async Task WriteAsync(string part, SinkSchema schema, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
    {
        try
        {
            List<ManifestFile> files = [];
            foreach (PartFile file in format.Files)
            {
                string name = Path.GetFileName(Final(part, file));
                files.Add(await DurableFile.WriteAsync(
                    Hidden(part, file), name, stream => file.Write(stream, schema, rows, cancellationToken), cancellationToken));
            }
            await Items.WriteAsync(part, rows, cancellationToken);
            await WriteEntryAsync(
                new(part, rows.Count, [.. files]) { Origins = PartOrigin.Gather(rows) }, cancellationToken);
            DurableFile.FlushNames(target.State);
            if (IsAborted(part))
                throw Aborted(part);
        }
        catch
        {
            Erase(part);
            throw;
        }
    }

    /// <summary>Gives the part's files their names; false: one is not there to be named, nor named already.</summary>
    public bool TryPublish(string part)
    {
        foreach (PartFile file in format.Files)
        {
            try
            {
                File.Move(Hidden(part, file), Final(part, file), overwrite: true);
            }
            catch (FileNotFoundException)
            {
                if (!File.Exists(Final(part, file)))
                    return false;
            }
        }
        DurableFile.FlushNames(target.Parts);
        return true;
    }

    /// <summary>Decides that the part will never be visible; false: it is.</summary>
    public bool TryAbort(string part)
    {
        if (!IsCommitted(part))
        {
            using (FileStream tombstone = new(
                Tombstone(part), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
                tombstone.Flush(flushToDisk: true);
            File.Delete(Hidden(part, format.Last));
        }
        bool aborted = !IsCommitted(part);
        if (aborted)
            Erase(part);
        DurableFile.FlushNames(target.State);
        DurableFile.FlushNames(target.Parts);
        return aborted;
    }

    /// <summary>
    /// Begins to take a visible part out: from now on it counts no more, and what follows can be done again after any interruption.
    /// </summary>
    public void Withdraw(string part)
    {
        using (FileStream marker = new(
            Withdrawn(part), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            marker.Flush(flushToDisk: true);
        DurableFile.FlushNames(target.State);
    }

    /// <summary>Lets a part be as it was that was to be taken out.</summary>
    public void Restore(string part)
    {
        File.Delete(Withdrawn(part));
        DurableFile.FlushNames(target.State);
    }

    /// <summary>Removes what is left of a part that is being taken out; no process can make it visible again.</summary>
    public void EndWithdrawal(string part)
    {
        // The last file first: without it the others are no part.
        foreach (PartFile file in format.Files.Reverse())
            File.Delete(Final(part, file));
        DurableFile.FlushNames(target.Parts);
        using (FileStream tombstone = new(
            Tombstone(part), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            tombstone.Flush(flushToDisk: true);
        Items.Delete(part);
        File.Delete(Entry(part));
        File.Delete(Withdrawn(part));
        DurableFile.FlushNames(target.State);
    }

    /// <summary>Every part that is visible, by name, and not being taken out.</summary>
    public async Task<ImmutableArray<ManifestPart>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await ListAllAsync(cancellationToken)).Where(part => !IsWithdrawn(part.Part))];

    /// <summary>The parts that are being taken out, by name.</summary>
    public async Task<ImmutableArray<ManifestPart>> ListWithdrawnAsync(CancellationToken cancellationToken) =>
        [.. (await ListAllAsync(cancellationToken)).Where(part => IsWithdrawn(part.Part))];

    private async Task<ImmutableArray<ManifestPart>> ListAllAsync(CancellationToken cancellationToken)
    {
        List<ManifestPart> parts = [];
        foreach (string path in Directory.EnumerateFiles(target.State, $"*{EntryEnding}"))
        {
            await using FileStream entry = File.OpenRead(path);
            ManifestPart part = (await JsonSerializer.DeserializeAsync<ManifestPart>(entry, SinkJson.Options, cancellationToken))!;
            if (IsCommitted(part.Part) || IsWithdrawn(part.Part))
                parts.Add(part);
        }
        return [.. parts.OrderBy(part => part.Part, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Removes whatever dead processes left half done. A live one whose part goes with it writes it again; what is being joined is left
    /// alone unless it is
    /// <paramref name="abandoned"/>.
    /// </summary>
    public void Sweep(DateTime abandoned)
    {
        foreach (FileInfo leftover in new DirectoryInfo(target.State).GetFiles(".*.tmp"))
        {
            if (!leftover.Name.StartsWith(PartJoin.Hidden, StringComparison.Ordinal) || leftover.LastWriteTimeUtc < abandoned)
                leftover.Delete();
        }
    }

    public SinkException Aborted(string part) =>
        new(SinkFault.PartAborted,
            $"{target.Name}: part {part} was given up by a worker that took over its items; this worker was taken for dead. Drop the part");

    private async Task WriteEntryAsync(ManifestPart entry, CancellationToken cancellationToken)
    {
        string hidden = Path.Combine(target.State, $".{Escaped(entry.Part)}{EntryEnding}{TemporaryEnding}");
        await DurableFile.WriteAsync(
            hidden, "", stream => JsonSerializer.SerializeAsync(stream, entry, SinkJson.Options, cancellationToken), cancellationToken);
        File.Move(hidden, Entry(entry.Part), overwrite: true);
    }

    /// <summary>Removes a part that is not visible: only its owner and whoever aborted it may.</summary>
    private void Erase(string part)
    {
        foreach (PartFile file in format.Files)
            File.Delete(Hidden(part, file));
        if (IsCommitted(part))
            return;
        foreach (PartFile file in format.Files[..^1])
            File.Delete(Final(part, file));
        Items.Delete(part);
        File.Delete(Entry(part));
    }

    private string Final(string part, PartFile file) => Path.Combine(target.Parts, $"part-{Escaped(part)}{file.Extension}");

    private string Hidden(string part, PartFile file) => Path.Combine(target.State, $".{Escaped(part)}{file.Extension}{TemporaryEnding}");

    private string Entry(string part) => Path.Combine(target.State, $"{Escaped(part)}{EntryEnding}");

    private string Tombstone(string part) => Path.Combine(target.State, $"{Escaped(part)}.aborted");

    private string Withdrawn(string part) => Path.Combine(target.State, $"{Escaped(part)}{WithdrawnEnding}");

    /// <summary>A part's name may hold an address; a file's may not hold everything.</summary>
    private static string Escaped(string part) => Uri.EscapeDataString(part);
}
