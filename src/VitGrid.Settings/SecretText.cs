using System.Text.RegularExpressions;

namespace VitGrid.Settings;

/// <summary>Takes secrets out of texts that people and logs see, whatever they come from. Pure.</summary>
public static partial class SecretText
{
    private const string Hidden = "***";

    /// <summary>
    /// Puts stars for what follows <c>password=</c> and its like up to the next <c>,</c>, <c>;</c> or blank, for user and password of an
    /// address (<c>redis://USER:PASSWORD@HOST</c>), and for a bearer's key.
    /// </summary>
    /// <param name="text">Any text.</param>
    /// <returns>The text itself where it holds none.</returns>
    public static string Hide(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!MayHold().IsMatch(text))
            return text;
        string hidden = Pair().Replace(text, $"$1{Hidden}");
        hidden = Bearer().Replace(hidden, $"$1{Hidden}");
        return Login().Replace(Store().Replace(hidden, $"$1{Hidden}@"), $"$1{Hidden}@");
    }

    [GeneratedRegex("passw|pwd|secret|api-?key|bearer|://", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MayHold();

    [GeneratedRegex(
        """((?:password|passwd|pwd|secret|api-?key)(?:\s+=\s*|=\s*(?=["'])|=|"\s*:\s*))(?:"[^"]*"|'[^']*'|(?!…)[^\s,;"']+)""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Pair();

    [GeneratedRegex(@"(bearer\s+)[A-Za-z0-9._~+/=-]{8,}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Bearer();

    // Such a password may hold any character, written as it stands: nothing before the last '@' of the word is shown.
    [GeneratedRegex(@"((?:rediss?|postgres(?:ql)?)://)[^\s]*@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Store();

    [GeneratedRegex(@"(://)[^\s/@:]*:[^\s/@]*@", RegexOptions.CultureInvariant)]
    private static partial Regex Login();
}
