using VitGrid.Page.Grid;

namespace VitGrid.Server.Tests.Pages;

/// <summary>Rates as pages show them, made once for all of them.</summary>
public sealed class RateTextsTests
{
    [Fact]
    public void Texts_are_the_same_object_while_they_say_the_same_and_another_when_they_do_not()
    {
        RateHistory history = new();
        history.Tick(0);
        RateTexts first = RateTexts.For(history.Summary());
        Assert.Same(first, RateTexts.For(history.Summary()));
        history.Add(Counted.Computed, 30);
        history.Answered(0.010);
        RateSummary after = history.Summary();
        RateTexts second = RateTexts.For(after);
        Assert.NotSame(first, second);
        Assert.Same(second, RateTexts.For(after));
        Assert.Contains(("Images/s", "3", "3"), second.Rows);
        Assert.Contains(("From a cache", "0 %", "0 %"), second.Rows);
    }
}
