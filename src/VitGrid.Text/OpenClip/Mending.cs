using System.Buffers;
using System.Text;
using VitGrid.Text.OpenClip.Mojibake;

namespace VitGrid.Text.OpenClip;

/// <summary>
/// ftfy's <c>fix_text</c> (6.3, default settings): texts that were decoded wrongly, entities, quotes, ligatures, widths, line breaks,
/// control characters, form C; line by line, and each line until nothing changes.
/// </summary>
internal static class Mending
{
    /// <summary>Code points of the longest line that is mended as a whole.</summary>
    private const int LongestLine = 1_000_000;

    /// <summary>What no step changes, whatever stands beside it.</summary>
    private static readonly SearchValues<char> Plain =
        SearchValues.Create([.. "\t\n\f", .. Enumerable.Range(0x20, 0x5F).Select(code => (char)code).Where(each => each != '&')]);

    /// <summary>Mends a text; the same instance where nothing is to be mended.</summary>
    /// <param name="text">A text without lone surrogates.</param>
    public static string Mend(string text)
    {
        if (IsPlain(text))
            return text;
        MendingBudget budget = new(text.Length);
        StringBuilder result = new(text.Length);
        bool mayHaveEntities = true;
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = LineEnd(text, start);
            ReadOnlySpan<char> line = text.AsSpan(start, end - start);
            // A text with a tag is HTML itself from there on, and its entities are meant.
            mayHaveEntities = mayHaveEntities && !line.Contains('<');
            if (IsPlain(line))
                result.Append(line);
            else
                result.Append(MendLine(line.ToString(), mayHaveEntities, budget));
        }
        return result.ToString();
    }

    private static string MendLine(string line, bool mayHaveEntities, MendingBudget budget)
    {
        WrongDecoding wrongDecoding = new(budget);
        while (true)
        {
            string before = line;
            if (mayHaveEntities)
                line = Entities.UnescapeClosed(line);
            line = PlainSteps.Apply(wrongDecoding.Fix(line));
            if (line == before || !budget.TryTake(line.Length))
                return line;
        }
    }

    private static bool IsPlain(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Plain);

    private static int LineEnd(string text, int start)
    {
        int feed = text.IndexOf('\n', start);
        int end = feed < 0 ? text.Length : feed + 1;
        return end - start <= LongestLine ? end : Math.Min(end, AfterCodePoints(text, start));
    }

    private static int AfterCodePoints(string text, int start)
    {
        int at = start;
        for (int count = 0; count < LongestLine && at < text.Length; count++)
            at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
        return at;
    }
}
