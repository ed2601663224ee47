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

    /// <summary>Whether the part is visible.</summary>
    public bool IsCommitted(string part) => File.Exists(Final(part, format.Last));

    /// <summary>Whether somebody has decided that the part will never be visible, unless it was already.</summary>
    public bool IsAborted(string part) => File.Exists(Tombstone(part));

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
            await WriteEntryAsync(new(part, rows.Count, [.. files]), cancellationToken);
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

    /// <summary>Every part that is visible, by name.</summary>
    public async Task<ImmutableArray<ManifestPart>> ListAsync(CancellationToken cancellationToken)
    {
        List<ManifestPart> parts = [];
        foreach (string path in Directory.EnumerateFiles(target.State, $"*{EntryEnding}"))
        {
            await using FileStream entry = File.OpenRead(path);
            ManifestPart part = (await JsonSerializer.DeserializeAsync<ManifestPart>(entry, SinkJson.Options, cancellationToken))!;
            if (IsCommitted(part.Part))
                parts.Add(part);
        }
        return [.. parts.OrderBy(part => part.Part, StringComparer.Ordinal)];
    }

    /// <summary>Removes whatever dead processes left half done. A live one whose file goes with it writes it again.</summary>
    public void Sweep()
    {
        foreach (string leftover in Directory.GetFiles(target.State, ".*.tmp"))
            File.Delete(leftover);
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
        File.Delete(Entry(part));
    }

    private string Final(string part, PartFile file) => Path.Combine(target.Parts, $"part-{Escaped(part)}{file.Extension}");

    private string Hidden(string part, PartFile file) => Path.Combine(target.State, $".{Escaped(part)}{file.Extension}{TemporaryEnding}");

    private string Entry(string part) => Path.Combine(target.State, $"{Escaped(part)}{EntryEnding}");

    private string Tombstone(string part) => Path.Combine(target.State, $"{Escaped(part)}.aborted");

    /// <summary>A part's name may hold an address; a file's may not hold everything.</summary>
    private static string Escaped(string part) => Uri.EscapeDataString(part);
}
