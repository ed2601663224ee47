using System.Collections.Concurrent;

namespace VitGrid.Indexing.Work;

/// <summary>The entries this worker has read or taken over and not yet settled. Any thread may call.</summary>
internal sealed class HeldEntries
{
    private readonly ConcurrentDictionary<string, byte> _entries = new();

    public int Count => _entries.Count;

    /// <summary>A snapshot.</summary>
    public string[] All => [.. _entries.Keys];

    /// <summary>False when it is held already.</summary>
    public bool Add(string entry) => _entries.TryAdd(entry, 0);

    public void Remove(IEnumerable<string> entries)
    {
        foreach (string entry in entries)
            _entries.TryRemove(entry, out _);
    }
}
