using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>What a request said that is not read: the answer's hints tell of it.</summary>
internal sealed class RequestNotes
{
    private const int MaxNamed = 8;

    private readonly List<string> _unread = [];
    private int _unreadCount;
    private string? _prompt;
    private int _promptCount;

    /// <summary>Whether text was met that steers a language model, which an image encoder has not.</summary>
    public bool HasPrompt => _promptCount > 0;

    /// <summary>Notes a name that is not read, by its path in the request.</summary>
    public void Unread(string path)
    {
        if (_unreadCount++ < MaxNamed)
            _unread.Add($"'{Quote.Short(path)}'");
    }

    /// <summary>Notes names that are not read, of the object at <paramref name="path"/>.</summary>
    public void Unread(string path, IEnumerable<string>? names)
    {
        foreach (string name in names ?? [])
            Unread($"{path}.{name}");
    }

    /// <summary>Notes a prompt; an empty one asks for nothing.</summary>
    public void Prompt(string path, string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return;
        _prompt ??= $"{path} ('{Quote.Short(text)}')";
        _promptCount++;
    }

    /// <summary>The hints, one a kind; none where everything was read.</summary>
    public IEnumerable<string> Hints()
    {
        if (_unreadCount > 0)
        {
            string more = _unreadCount > MaxNamed ? $" and {_unreadCount - MaxNamed} more" : "";
            yield return $"not read here: {string.Join(", ", _unread)}{more}";
        }
        if (_prompt is not null)
        {
            yield return $"text does not change a vector: {_prompt}{(_promptCount > 1 ? $" and {_promptCount - 1} more" : "")} "
                + "was not read; this server embeds the images alone";
        }
    }
}
