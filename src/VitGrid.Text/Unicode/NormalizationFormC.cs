using System.Text;

namespace VitGrid.Text.Unicode;

/// <summary>Normalization form C (Unicode Standard Annex 15), in time linear in the text but for sorting the marks of one letter.</summary>
internal static class NormalizationFormC
{
    private const char FirstUnsafe = '\u0300';

    /// <summary>The text in form C; the same instance of characters where nothing has to change.</summary>
    /// <param name="text">A text without lone surrogates.</param>
    /// <param name="changed">The changed text.</param>
    /// <returns>False: the text is in form C.</returns>
    public static bool TryChange(ReadOnlySpan<char> text, out string changed)
    {
        changed = "";
        if (!MayChange(text))
            return false;
        List<int> points = Decompose(text);
        Order(points);
        Compose(points);
        StringBuilder result = new(text.Length);
        foreach (int point in points)
            result.Append(new Rune(point));
        changed = result.ToString();
        return true;
    }

    private static bool MayChange(ReadOnlySpan<char> text)
    {
        int first = text.IndexOfAnyInRange(FirstUnsafe, char.MaxValue);
        if (first < 0)
            return false;
        CanonicalData data = CanonicalData.Instance;
        foreach (Rune rune in text[first..].EnumerateRunes())
        {
            if (data.IsUnsafe(rune.Value))
                return true;
        }
        return false;
    }

    private static List<int> Decompose(ReadOnlySpan<char> text)
    {
        List<int> points = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            Decompose(rune.Value, points);
        return points;
    }

    /// <summary>Decompositions nest a few levels at most.</summary>
    private static void Decompose(int codePoint, List<int> to)
    {
        if (Hangul.TryDecompose(codePoint, to))
            return;
        if (!CanonicalData.Instance.TryDecompose(codePoint, out (int First, int Second) parts))
        {
            to.Add(codePoint);
            return;
        }
        Decompose(parts.First, to);
        if (parts.Second > 0)
            to.Add(parts.Second);
    }

    /// <summary>Sorts each run of marks by their classes; equal ones keep their order.</summary>
    private static void Order(List<int> points)
    {
        CanonicalData data = CanonicalData.Instance;
        for (int start = 0; start < points.Count; start++)
        {
            int end = start;
            while (end < points.Count && data.ClassOf(points[end]) > 0)
                end++;
            if (end - start > 1)
                OrderRun(points, start, end);
            start = end;
        }
    }

    private static void OrderRun(List<int> points, int start, int end)
    {
        int[] sorted = [.. points[start..end].OrderBy(point => CanonicalData.Instance.ClassOf(point))];
        for (int i = 0; i < sorted.Length; i++)
            points[start + i] = sorted[i];
    }

    private static void Compose(List<int> points)
    {
        CanonicalData data = CanonicalData.Instance;
        int starter = -1, kept = 0;
        // The class of the mark before, -1 directly behind the starter: a mark of the same class blocks the next one.
        int last = -1;
        for (int i = 0; i < points.Count; i++)
        {
            int point = points[i], itsClass = data.ClassOf(point);
            if (starter >= 0 && last < itsClass && TryCompose(data, points[starter], point, out int composed))
            {
                points[starter] = composed;
                continue;
            }
            last = itsClass;
            if (itsClass == 0)
            {
                starter = kept;
                last = -1;
            }
            points[kept++] = point;
        }
        points.RemoveRange(kept, points.Count - kept);
    }

    private static bool TryCompose(CanonicalData data, int first, int second, out int composed) =>
        Hangul.TryCompose(first, second, out composed) || data.TryCompose(first, second, out composed);
}
