using System.Text.Json;

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>
/// The fate of parts in a folder that several processes share. A part is written under hidden names and becomes visible when the last of
/// its files is renamed; whoever unlinks that file first decides that it never will. The order of steps makes this hold without a lock: the
/// owner writes and then looks for the tombstone, whoever aborts sets the tombstone and then unlinks, so one of the two sees the other.
/// </summary>
internal sealed class PartFolder(FileTarget target, PartFormat format) : IPartStore
{
    /// <summary>Nobody has written for so long to a file that is being joined: its process is dead.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    private readonly StateFolder _state = new(target.State);

    /// <inheritdoc/>
    public string Name => target.Name;

    /// <inheritdoc/>
    public string Kind => "folder";

    /// <inheritdoc/>
    public string Place => target.Parts;

    /// <inheritdoc/>
    public IStateFiles State => _state;

    /// <inheritdoc/>
    public PartItems Items => new(_state);

    /// <inheritdoc/>
    public string? Objection => !Directory.Exists(target.Above)
        ? $"the folder {target.Above} does not exist; create or mount it first"
        : File.Exists(target.Parts) ? $"{target.Parts} is a file, not a folder; use another target" : null;

    /// <inheritdoc/>
    public Task<string?> FindForeignAsync(CancellationToken cancellationToken)
    {
        if (target.Joined is { } joined && Path.Exists(joined))
            return Task.FromResult<string?>(joined);
        return Task.FromResult(Directory.Exists(target.Parts)
            ? Directory.EnumerateFiles(target.Parts, $"*{format.Last.Extension}").FirstOrDefault() : null);
    }

    /// <inheritdoc/>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        string probe = Path.Combine(target.State, $".probe-{Guid.NewGuid():N}.tmp");
        await DurableFile.WriteAsync(
            probe, "", stream => stream.WriteAsync("?"u8.ToArray(), cancellationToken).AsTask(), cancellationToken);
        File.Delete(probe);
    }

    /// <inheritdoc/>
    public Task<PartFate> FateAsync(string part, CancellationToken cancellationToken) => Task.FromResult(
        IsCommitted(part) ? PartFate.Committed : IsAborted(part) ? PartFate.Aborted : PartFate.Open);

    /// <inheritdoc/>
    public async Task WriteAsync(string part, SinkSchema schema, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
    {
        try
        {
            List<ManifestFile> files = [];
            foreach (PartFile file in format.Files)
            {
                files.Add(await DurableFile.WriteAsync(
                    Hidden(part, file), PartNames.FileOf(part, file), stream => file.Write(stream, schema, rows, cancellationToken),
                    cancellationToken));
            }
            await Items.WriteAsync(part, rows, cancellationToken);
            ManifestPart entry = new(part, rows.Count, [.. files]) { Origins = PartOrigin.Gather(rows) };
            await _state.WriteAsync(
                $"{PartNames.Escaped(part)}{PartNames.EntryEnding}",
                stream => JsonSerializer.SerializeAsync(stream, entry, SinkJson.Options, cancellationToken), replace: true,
                cancellationToken);
            if (IsAborted(part))
                throw SinkException.Aborted(target.Name, part);
        }
        catch
        {
            Erase(part);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<bool> TryPublishAsync(string part, CancellationToken cancellationToken) => Task.FromResult(TryPublish(part));

    /// <inheritdoc/>
    public Task<bool> TryAbortAsync(string part, CancellationToken cancellationToken)
    {
        if (!IsCommitted(part))
        {
            Mark(Tombstone(part));
            File.Delete(Hidden(part, format.Last));
        }
        bool aborted = !IsCommitted(part);
        if (aborted)
            Erase(part);
        DurableFile.FlushNames(target.State);
        DurableFile.FlushNames(target.Parts);
        return Task.FromResult(aborted);
    }

    /// <inheritdoc/>
    public Task WithdrawAsync(string part, CancellationToken cancellationToken)
    {
        Mark(Withdrawn(part));
        DurableFile.FlushNames(target.State);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task RestoreAsync(string part, CancellationToken cancellationToken)
    {
        File.Delete(Withdrawn(part));
        DurableFile.FlushNames(target.State);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task EndWithdrawalAsync(string part, CancellationToken cancellationToken)
    {
        // The last file first: without it the others are no part.
        foreach (PartFile file in format.Files.Reverse())
            File.Delete(Final(part, file));
        DurableFile.FlushNames(target.Parts);
        Mark(Tombstone(part));
        await Items.DeleteAsync(part, cancellationToken);
        File.Delete(Entry(part));
        File.Delete(Withdrawn(part));
        DurableFile.FlushNames(target.State);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<ManifestPart>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await ListAllAsync(cancellationToken)).Where(part => !IsWithdrawn(part.Part))];

    /// <inheritdoc/>
    public async Task<ImmutableArray<ManifestPart>> ListWithdrawnAsync(CancellationToken cancellationToken) =>
        [.. (await ListAllAsync(cancellationToken)).Where(part => IsWithdrawn(part.Part))];

    /// <inheritdoc/>
    public async Task<ManifestFile?> JoinAsync(
        ImmutableArray<ManifestPart> parts, SinkResult? before, CancellationToken cancellationToken)
    {
        if (target.Joined is not { } joined)
            return null;
        FileInfo there = new(joined);
        return before?.IsJoined(parts, there.Exists ? there.Length : null) is true
            ? before.Joined : await PartJoin.RunAsync(target, joined, parts, cancellationToken);
    }

    /// <inheritdoc/>
    public Task SweepAsync(ImmutableArray<ManifestPart> parts, CancellationToken cancellationToken)
    {
        DateTime abandoned = DateTime.UtcNow - Abandoned;
        foreach (FileInfo leftover in new DirectoryInfo(target.State).GetFiles(".*.tmp"))
        {
            if (!leftover.Name.StartsWith(PartJoin.Hidden, StringComparison.Ordinal) || leftover.LastWriteTimeUtc < abandoned)
                leftover.Delete();
        }
        return Task.CompletedTask;
    }

    /// <summary>A disk that fails may do better later; rights do not come by themselves.</summary>
    public SinkException? Describe(string doing, Exception failure) => failure switch
    {
        UnauthorizedAccessException => new(
            SinkFault.Refused, $"{target.Name}: cannot {doing}: {failure.Message} Give this process the right to write there, or use "
                + $"another target", failure),
        IOException => new(
            SinkFault.Unavailable, $"{target.Name}: cannot {doing}: {failure.Message}. Nothing of it remains; it can be tried again "
                + $"once there is room and the disk answers", failure),
        _ => null,
    };

    /// <summary>Whether the part is visible.</summary>
    private bool IsCommitted(string part) => File.Exists(Final(part, format.Last));

    /// <summary>Whether somebody has decided that the part will never be visible, unless it was already.</summary>
    private bool IsAborted(string part) => File.Exists(Tombstone(part)) || IsWithdrawn(part);

    /// <summary>Whether the part is being taken out: it counts no more, whatever is there of it.</summary>
    private bool IsWithdrawn(string part) => File.Exists(Withdrawn(part));

    /// <summary>Gives the part's files their names; false: one is not there to be named, nor named already.</summary>
    private bool TryPublish(string part)
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

    private async Task<ImmutableArray<ManifestPart>> ListAllAsync(CancellationToken cancellationToken)
    {
        List<ManifestPart> parts = [];
        foreach (string path in Directory.EnumerateFiles(target.State, $"*{PartNames.EntryEnding}"))
        {
            await using FileStream entry = File.OpenRead(path);
            ManifestPart part = (await JsonSerializer.DeserializeAsync<ManifestPart>(entry, SinkJson.Options, cancellationToken))!;
            if (IsCommitted(part.Part) || IsWithdrawn(part.Part))
                parts.Add(part);
        }
        return [.. parts.OrderBy(part => part.Part, StringComparer.Ordinal)];
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
        File.Delete(InState(part, PartItems.Ending));
        File.Delete(Entry(part));
    }

    private static void Mark(string path)
    {
        using FileStream mark = new(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        mark.Flush(flushToDisk: true);
    }

    private string Final(string part, PartFile file) => Path.Combine(target.Parts, PartNames.FileOf(part, file));

    private string Hidden(string part, PartFile file) => InState(part, $"{file.Extension}{StateFolder.TemporaryEnding}", ".");

    private string Entry(string part) => InState(part, PartNames.EntryEnding);

    private string Tombstone(string part) => InState(part, ".aborted");

    private string Withdrawn(string part) => InState(part, PartNames.WithdrawnEnding);

    private string InState(string part, string ending, string beginning = "") =>
        Path.Combine(target.State, $"{beginning}{PartNames.Escaped(part)}{ending}");
}
