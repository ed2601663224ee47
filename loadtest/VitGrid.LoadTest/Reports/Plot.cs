using System.Net;
using System.Text;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Reports;

/// <summary>A line of a plot.</summary>
internal sealed record PlotLine(string Name, IReadOnlyList<PlotDot> Dots);

/// <summary>A point in a plot's own units.</summary>
internal readonly record struct PlotDot(double X, double Y);

/// <summary>Plots as inline SVG, from numbers alone.</summary>
internal static class Plot
{
    private const int Width = 640, Height = 240, Left = 64, Right = 12, Top = 14, Bottom = 34, Ticks = 4, BarHeight = 22;

    private static readonly string[] Colours = ["#2563a8", "#c2571a", "#3a8a4d", "#8a3a86", "#7a6a1f"];

    /// <summary>Lines over a common scale that begins at 0 on the left.</summary>
    /// <param name="lines">At least one dot in all, or nothing is drawn.</param>
    /// <param name="unit">What is shown upwards.</param>
    /// <param name="across">Places and texts of the ticks below.</param>
    public static string Lines(IReadOnlyList<PlotLine> lines, string unit, IReadOnlyList<(double X, string Text)> across)
    {
        PlotDot[] all = [.. lines.SelectMany(line => line.Dots)];
        if (all.Length == 0)
            return Nothing;
        double most = Math.Max(all.Max(dot => dot.Y), double.Epsilon), end = Math.Max(all.Max(dot => dot.X), double.Epsilon);
        StringBuilder svg = Open(Height);
        for (int i = 0; i <= Ticks; i++)
            svg.Append(Grid(most * i / Ticks, most));
        foreach ((double x, string text) in across)
            svg.Append(Text($"<text x=\"{AtX(x, end)}\" y=\"{Height - 16}\" text-anchor=\"middle\">{Escape(text)}</text>"));
        for (int i = 0; i < lines.Count; i++)
            svg.Append(Draw(lines[i], i, most, end));
        return svg.Append(Text($"<text x=\"4\" y=\"12\">{Escape(unit)}</text></svg>")).ToString();
    }

    /// <summary>A bar each, with its number.</summary>
    public static string Bars(IReadOnlyList<(string Name, double Value)> bars, string unit)
    {
        if (bars.Count == 0)
            return Nothing;
        double most = Math.Max(bars.Max(bar => bar.Value), double.Epsilon);
        StringBuilder svg = Open((BarHeight * bars.Count) + 4);
        for (int i = 0; i < bars.Count; i++)
        {
            (string name, double value) = bars[i];
            int y = (i * BarHeight) + 3;
            svg.Append(Text($"<text x=\"96\" y=\"{y + 13}\" text-anchor=\"end\">{Escape(name)}</text>"));
            svg.Append(Text($"<rect x=\"104\" y=\"{y}\" width=\"{value / most * 400:0.0}\" height=\"{BarHeight - 6}\" "
                + $"fill=\"{Colours[0]}\"/>"));
            svg.Append(Text($"<text x=\"{110 + (value / most * 400):0.0}\" y=\"{y + 13}\">{value:0.###} {Escape(unit)}</text>"));
        }
        return svg.Append("</svg>").ToString();
    }

    /// <summary>Text of a report or of a server, safe in HTML.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    private const string Nothing = "<p class=\"none\">No numbers.</p>";

    private static StringBuilder Open(int height) =>
        new(Text($"<svg viewBox=\"0 0 {Width} {height}\" width=\"{Width}\" height=\"{height}\" role=\"img\">"));

    private static string Grid(double value, double most) => Text(
        $"<line x1=\"{Left}\" y1=\"{AtY(value, most)}\" x2=\"{Width - Right}\" y2=\"{AtY(value, most)}\" class=\"grid\"/><text "
            + $"x=\"{Left - 6}\" y=\"{AtY(value, most)}\" dy=\"4\" text-anchor=\"end\">{value:0.##}</text>");

    private static string Draw(PlotLine line, int place, double most, double end)
    {
        string colour = Colours[place % Colours.Length];
        string dots = string.Join(' ', line.Dots.Select(dot => Text($"{AtX(dot.X, end)},{AtY(dot.Y, most)}")));
        return Text($"<polyline points=\"{dots}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"/><text "
            + $"x=\"{Left + 8 + (place * 110)}\" y=\"{Height - 3}\" fill=\"{colour}\">{Escape(line.Name)}</text>");
    }

    private static string AtX(double x, double end) => Text($"{Left + (x / end * (Width - Left - Right)):0.0}");

    private static string AtY(double y, double most) => Text($"{Top + ((1 - (y / most)) * (Height - Top - Bottom)):0.0}");
}
