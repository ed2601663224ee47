using System.Text.RegularExpressions;

namespace VitGrid.Indexing.Submission;

/// <summary>Names with braces, as webdataset and shells write them: <c>a-{0000..0099}.tar</c>, <c>{train,test}.tar</c>.</summary>
internal static partial class BraceList
{
    private const int MaxNames = 1_000_000;

    /// <summary>The names; the text itself where it has no braces that mean several.</summary>
    /// <exception cref="IndexException">They are more than is allowed.</exception>
    public static IEnumerable<string> Expand(string text)
    {
        Match match = Braces().Match(text);
        if (!match.Success)
            return [text];
        (string before, string behind) = (text[..match.Index], text[(match.Index + match.Length)..]);
        IEnumerable<string> middle = match.Groups[1].Success
            ? Numbers(match.Groups[1].Value, match.Groups[2].Value, text) : match.Groups[3].Value.Split(',');
        return middle.SelectMany(one => Expand(behind).Select(rest => $"{before}{one}{rest}"));
    }

    private static IEnumerable<string> Numbers(string first, string last, string text)
    {
        (long from, long to) = (long.Parse(first, CultureInfo.InvariantCulture), long.Parse(last, CultureInfo.InvariantCulture));
        if (to < from || to - from >= MaxNames)
        {
            throw new IndexException($"source '{text}': {{{first}..{last}}} names {Math.Max(0, to - from + 1)} archives; allowed are 1 to "
                + $"{MaxNames}, the smaller number first");
        }
        int digits = first.StartsWith('0') || last.StartsWith('0') ? Math.Max(first.Length, last.Length) : 1;
        for (long number = from; number <= to; number++)
            yield return number.ToString($"D{digits}", CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"\{(?:([0-9]{1,18})\.\.([0-9]{1,18})|([^{},]*(?:,[^{},]*)+))\}", RegexOptions.CultureInvariant)]
    private static partial Regex Braces();
}
