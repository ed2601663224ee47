using System.Globalization;

namespace VitGrid.LoadTest.Measure;

/// <summary>A line of <c>/metrics</c>.</summary>
internal sealed record MetricSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>Prometheus' text format.</summary>
internal static class PrometheusText
{
    /// <summary>All samples; lines that are none are passed over.</summary>
    public static IEnumerable<MetricSample> Parse(string text) =>
        text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#').Select(
            ParseLine).OfType<MetricSample>();

    private static MetricSample? ParseLine(string line)
    {
        int open = line.IndexOf('{', StringComparison.Ordinal), close = line.LastIndexOf('}');
        bool labelled = open > 0 && close > open;
        string[] rest = line[(labelled ? close + 1 : line.IndexOf(' ', StringComparison.Ordinal) + 1)..].Split(
            ' ', StringSplitOptions.RemoveEmptyEntries);
        if (rest.Length == 0 || !double.TryParse(rest[0], CultureInfo.InvariantCulture, out double value))
            return null;
        return new(labelled ? line[..open] : line.Split(' ')[0], labelled ? Labels(line[(open + 1)..close]) : Labels(""), value);
    }

    private static Dictionary<string, string> Labels(string text)
    {
        Dictionary<string, string> labels = [];
        for (int at = 0; at < text.Length;)
        {
            int equals = text.IndexOf("=\"", at, StringComparison.Ordinal);
            if (equals < 0)
                break;
            int end = EndOfValue(text, equals + 2);
            labels[text[at..equals].Trim(',', ' ')] = text[(equals + 2)..end].Replace("\\\"", "\"", StringComparison.Ordinal).Replace(
                "\\\\", "\\", StringComparison.Ordinal);
            at = end + 1;
        }
        return labels;
    }

    private static int EndOfValue(string text, int at)
    {
        for (; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] == '\\')
                at++;
        }
        return Math.Min(at, text.Length);
    }
}
