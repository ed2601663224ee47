namespace VitGrid.Indexing.Sinks.Files;

/// <summary>
/// Keys of a shard's samples: an id without its scheme, an archive as a folder of its images, up to the first dot of the last part, which
/// is where webdataset ends a key. No key leads out of the folder into which a shard is unpacked, and none comes twice. Pure.
/// </summary>
internal sealed class TarKeys
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>The key of the next id.</summary>
    public string Next(string id)
    {
        string key = KeyOf(id), next = key;
        for (int i = 2; !_taken.Add(next); i++)
            next = string.Create(CultureInfo.InvariantCulture, $"{key}-{i}");
        return next;
    }

    private static string KeyOf(string id)
    {
        int scheme = id.IndexOf("://", StringComparison.Ordinal);
        string[] parts =
        [
            .. (scheme < 0 ? id : id[(scheme + 3)..]).Replace('#', '/').Split('/', '\\').Select(Plain).Where(part => part.Length > 0),
        ];
        string last = parts.Length == 0 ? "" : parts[^1].Split('.')[0];
        return string.Join('/', [.. parts.SkipLast(1), last.Length > 0 ? last : "_"]);
    }

    private static string Plain(string part) =>
        part is "." or ".." ? "_" : string.Concat(part.Select(letter => char.IsControl(letter) ? '_' : letter));
}
