using VitGrid.Text.Unicode;

namespace VitGrid.Text.Tests;

/// <summary>Form C, without what .NET leaves out where globalization is invariant.</summary>
public sealed class NormalizationTests
{
    [Theory]
    [InlineData("e\u0301", "é")]
    [InlineData("a\u0323\u0302", "ậ")]
    [InlineData("a\u0302\u0323", "ậ")]
    [InlineData("\u212B\u2126\u1F71", "ÅΩά")]
    [InlineData("\u1100\u1161\u11A8\uAC00\u11A9", "각갂")]
    [InlineData("\u0915\u093C\u0344", "\u0915\u093C\u0308\u0301")]
    [InlineData("\u0301e\u0345\u0301", "\u0301é\u0345")]
    [InlineData("a\u0301\u0301", "á\u0301")]
    [InlineData("a\u05B0\u0301b\u0301", "á\u05B0b\u0301")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    public void Marks_are_ordered_and_composed(string text, string composed)
    {
        Assert.True(NormalizationFormC.TryChange(text, out string changed));
        Assert.Equal(composed, changed);
        Assert.True(!NormalizationFormC.TryChange(composed, out changed) || changed == composed);
    }

    [Theory]
    [InlineData("plain, ÄÖÜ é 一只猫 각")]
    [InlineData("")]
    public void A_text_in_form_C_is_left_alone(string text) => Assert.False(NormalizationFormC.TryChange(text, out _));

    [Theory]
    [InlineData("ΟΔΥΣΣΕΥΣ ΑΣ' Σ ΣΑΣ.Α", "οδυσσευς ας' σ σασ.α")]
    [InlineData("İI", "i\u0307i")]
    public void Python_lower_cases_a_final_sigma(string text, string lower) => Assert.Equal(lower, LowerCase.AsInPython(text));

    [Fact]
    public void A_hundred_thousand_marks_on_one_letter_are_ordered()
    {
        string marks = string.Concat(Enumerable.Repeat("\u0301\u0323", 50_000));
        Assert.True(NormalizationFormC.TryChange("a" + marks, out string changed));
        Assert.Equal("ạ" + new string('\u0323', 49_999) + new string('\u0301', 50_000), changed);
    }
}
