namespace VitGrid.Settings;

/// <summary>How a prefix of keys in Redis is written: nothing that a pattern of SCAN or an ACL would read as more than itself.</summary>
public static class KeyPrefixForm
{
    /// <summary>For messages and the table of settings.</summary>
    public const string Text = "at most 64 letters, digits, `.`, `_`, `:`, `-`";

    /// <summary>Whether a text is one.</summary>
    public static bool Accepts(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= 64 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or ':' or '-');
    }
}
