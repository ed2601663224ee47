using VitGrid.Page.Circuits;

namespace VitGrid.Server.Tests.Pages;

/// <summary>Parts of a page that are drawn only when they show something else.</summary>
public sealed class SeldomDrawnTests
{
    [Fact]
    public void A_part_is_drawn_again_when_it_shows_another_object_or_another_value_and_not_when_it_shows_the_same()
    {
        List<int> one = [1], equal = [1];
        Part part = new();
        Assert.True(part.IsDrawn(one, true));
        Assert.False(part.IsDrawn(one, true));
        Assert.True(part.IsDrawn(one, false));
        Assert.True(part.IsDrawn(equal, false));
        Assert.False(part.IsDrawn(equal, false));
        Assert.True(part.IsDrawn(null, false));
    }

    private sealed class Part : SeldomDrawn
    {
        private object?[] _shown = [];

        protected override object?[] Shown => _shown;

        public bool IsDrawn(params object?[] shown)
        {
            _shown = shown;
            return ShouldRender();
        }
    }
}
