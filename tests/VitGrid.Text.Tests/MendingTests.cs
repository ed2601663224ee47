using System.Diagnostics;
using System.Text.Json;
using VitGrid.Tests.Golden;
using VitGrid.Text.OpenClip;

namespace VitGrid.Text.Tests;

/// <summary>What the library ftfy does to texts, and Python to entities.</summary>
public sealed class MendingTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public void Texts_are_mended_as_ftfy_mends_them() => Assert.Equal("", Wrong("mended", Mending.Mend, 591));

    [Fact]
    public void Entities_are_decoded_as_Python_decodes_them() => Assert.Equal("", Wrong("unescaped", Entities.Unescape, 146));

    [Theory]
    [InlineData("")]
    [InlineData("a photo of a cat,\n\ta <b>dog</b>")]
    public void A_text_with_nothing_to_mend_is_given_back(string text) => Assert.Same(text, Mending.Mend(text));

    [Fact]
    public void A_tag_turns_the_entities_of_all_lines_behind_it_off() =>
        Assert.Equal("&\n&amp; <b>\n&amp;", Mending.Mend("&amp;\n&amp; <b>\n&amp;"));

    [Fact]
    public void Entities_within_entities_are_decoded_to_the_last() =>
        Assert.Equal("<", Mending.Mend("&" + string.Concat(Enumerable.Repeat("amp;", 50)) + "lt;"));

    [Fact]
    public void A_line_is_mended_by_itself() => Assert.Equal("é\n漢é", Mending.Mend("Ã©\n漢Ã©"));

    /// <summary>Each is mended at one place each time that it is gone over, or could be read again from every place.</summary>
    [Theory]
    [InlineData("Ãƒ", "ƒ")]
    [InlineData("&", "amp;")]
    [InlineData("", "&#")]
    [InlineData("&#", "9")]
    [InlineData("", "\u001B[")]
    [InlineData("\u001B[", "1")]
    [InlineData("", "Ãƒƒ漢")]
    [InlineData("a", "\u0301")]
    public void A_text_that_was_made_to_be_slow_is_not(string start, string repeated)
    {
        string text = start + string.Concat(Enumerable.Repeat(repeated, TokenizerOptions.DefaultMaxCharacters / repeated.Length));
        Stopwatch watch = Stopwatch.StartNew();
        _ = Entities.Unescape(Mending.Mend(text));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Soon);
    }

    [Theory]
    [InlineData("schÃ¶n 漢字 donâ€™t & ", "schön 漢字 don't & ")]
    [InlineData("schÃ¶n\n", "schön\n")]
    public void A_text_of_megabytes_is_mended_in_seconds(string part, string mended)
    {
        const int count = 200_000;
        Stopwatch watch = Stopwatch.StartNew();
        string result = Mending.Mend(string.Concat(Enumerable.Repeat(part, count)));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Soon);
        Assert.StartsWith(mended, result, StringComparison.Ordinal);
        Assert.Equal(mended.Length * count, result.Length);
    }

    /// <summary>Rows that come out otherwise, for a message.</summary>
    private static string Wrong(string property, Func<string, string> change, int count)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.PathOf("text", "mending", "rows.json")));
        JsonElement[] rows =
            [.. document.RootElement.GetProperty("rows").EnumerateArray().Where(row => row.TryGetProperty(property, out _))];
        Assert.Equal(count, rows.Length);
        return string.Join('\n', rows.Select(row => (Row: row, Got: change(row.GetProperty("text").GetString()!)))
            .Where(pair => pair.Got != pair.Row.GetProperty(property).GetString())
            .Select(pair => $"{pair.Row} came out as {JsonSerializer.Serialize(pair.Got)}"));
    }
}
