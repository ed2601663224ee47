using System.Text.RegularExpressions;
using System.Xml.Linq;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Tests.Reports;

/// <summary>The page stands alone.</summary>
public sealed partial class HtmlReportTests
{
    private static readonly string Page = HtmlReport.Write(Reported.Full);

    [Fact]
    public void It_loads_nothing_from_anywhere()
    {
        Assert.DoesNotMatch(Loading(), Page);
        Assert.DoesNotContain("@import", Page, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_servers_and_users_say_is_text_and_no_markup()
    {
        Assert.DoesNotContain("<script", Page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("&lt;script src=&quot;http://evil/x.js&quot;&gt;&amp;&#39;", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_plot_is_well_formed_and_draws_numbers()
    {
        string[] plots = [.. Plots().Matches(Page).Select(match => match.Value)];
        Assert.Equal(7, plots.Length);
        Assert.All(plots, plot => Assert.NotEmpty(XElement.Parse(plot).Elements()));
        Assert.DoesNotContain("NaN", Page, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", Page, StringComparison.Ordinal);
        Assert.DoesNotContain("∞", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_load_that_showed_nothing_still_makes_a_page()
    {
        string page = HtmlReport.Write(
            Reported.Full with { Steps = [], Timeline = [], StagesMs = new Dictionary<string, double>(), Server = null });
        Assert.DoesNotContain("<svg", page, StringComparison.Ordinal);
        Assert.Contains("No numbers.", page, StringComparison.Ordinal);
    }

    [Fact]
    public void It_names_the_bottleneck() => Assert.Contains("Bottleneck: <b>infer</b>", Page, StringComparison.Ordinal);

    [GeneratedRegex("<(script|link|img|iframe|object|embed|base|form|a) |\\s(src|href|srcset|action)\\s*=\\s*[\"'h]",
        RegexOptions.IgnoreCase)]
    private static partial Regex Loading();

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Plots();
}
