using System.Text.Json;
using System.Text.RegularExpressions;
using VitGrid.Hub.Http;

namespace VitGrid.Hub.Listing;

/// <summary>Asks the hub what a repository holds: <c>/api/models/ID/revision/REV</c>, then its tree, page by page.</summary>
/// <param name="http">The hub.</param>
/// <param name="settings">Where it is.</param>
internal sealed partial class HubListing(HubHttp http, HubSettings settings)
{
    private const int MaxFiles = 100_000;
    private const int MaxPages = 1_000;
    private const int MaxPageBytes = 64 << 20;

    /// <summary>The repository's files at a revision.</summary>
    /// <exception cref="HubException">It cannot be read, or the hub says what cannot be true.</exception>
    public async Task<HubRevision> ReadAsync(string repository, string revision, CancellationToken cancellationToken)
    {
        string api = $"{settings.Endpoint.ToString().TrimEnd('/')}/api/models/{repository}";
        (JsonElement info, _) = await GetAsync(
            new($"{api}/revision/{Uri.EscapeDataString(revision)}"), repository, $"revision '{revision}'", cancellationToken);
        string commit = Text(info, "sha");
        if (!Commit().IsMatch(commit))
            throw Wrong(repository, $"the commit '{commit}'");
        List<HubFile> files = [];
        Uri? page = new($"{api}/tree/{commit}?recursive=true");
        for (int pages = 0; page is not null && pages < MaxPages; pages++)
        {
            (JsonElement entries, Uri? next) = await GetAsync(page, repository, "the list of files", cancellationToken);
            if (entries.ValueKind != JsonValueKind.Array)
                throw Wrong(repository, "a list of files that is none");
            files.AddRange(entries.EnumerateArray().Where(entry => Text(entry, "type") == "file").Select(entry => Read(repository, entry)));
            if (files.Count > MaxFiles)
                throw Wrong(repository, $"more than {MaxFiles} files");
            page = next;
        }
        return new(repository, revision, commit, files);
    }

    private async Task<(JsonElement Root, Uri? Next)> GetAsync(
        Uri address, string repository, string what, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await http.GetAsync(address, 0, repository, what, cancellationToken);
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxPageBytes, cancellationToken);
            await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
            using JsonDocument document = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            return (document.RootElement.Clone(), NextOf(response, address));
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or IOException)
        {
            throw new HubException($"{what} of {repository} from {settings.Endpoint} cannot be read: {exception.Message}", exception);
        }
    }

    private static Uri? NextOf(HttpResponseMessage response, Uri address)
    {
        if (!response.Headers.TryGetValues("Link", out IEnumerable<string>? links))
            return null;
        Match next = NextLink().Match(string.Join(",", links));
        return next.Success ? new(address, next.Groups[1].Value) : null;
    }

    private HubFile Read(string repository, JsonElement entry)
    {
        string path = Text(entry, "path");
        bool isLarge = entry.TryGetProperty("lfs", out JsonElement large) && large.ValueKind == JsonValueKind.Object;
        string hash = isLarge ? Text(large, "oid") : Text(entry, "oid");
        long bytes = (isLarge ? large : entry).TryGetProperty("size", out JsonElement size) && size.TryGetInt64(out long read) ? read : -1;
        // Paths and hashes become names of files here.
        if (!IsPlain(path) || !(isLarge ? Sha256() : Commit()).IsMatch(hash) || bytes < 0)
            throw Wrong(repository, $"a file '{path}' of {bytes} bytes with the checksum '{hash}'");
        return new(path, bytes, hash, isLarge);
    }

    private static bool IsPlain(string path) =>
        path.Length is > 0 and <= 1024 && !path.Any(character => char.IsControl(character) || character is '\\' or ':')
        && path.Split('/').All(part => part.Length > 0 && part is not ("." or ".."));

    private static string Text(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out JsonElement value)
            || value.ValueKind != JsonValueKind.String)
            return "";
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, of which no text can be made.
            return "";
        }
    }

    private HubException Wrong(string repository, string what) =>
        new($"{settings.Endpoint} tells of {repository} {what}, which cannot be used; check HF_ENDPOINT");

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex Commit();

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Sha256();

    [GeneratedRegex("<([^>]+)>\\s*;\\s*rel=\"?next\"?")]
    private static partial Regex NextLink();
}
