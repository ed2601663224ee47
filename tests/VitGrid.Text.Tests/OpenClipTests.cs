using VitGrid.Text.Reading;

namespace VitGrid.Text.Tests;

/// <summary>Folders of OpenCLIP, whose texts are cleaned first.</summary>
public sealed class OpenClipTests
{
    [Theory]
    [InlineData("openclip-siglip")]
    [InlineData("openclip-siglip2")]
    public void A_models_folder_gives_the_ids_that_its_tower_was_fed(string model)
    {
        string folder = TextFixtures.Model(model);
        Row[] rows = TextFixtures.Rows(Path.Combine(folder, "expected.json"));
        Assert.Equal("", TextFixtures.Wrong(TokenizerReader.Open(folder), rows, row => row.Ids));
    }

    [Theory]
    [InlineData("siglip", "openclip-siglip")]
    [InlineData("siglip2", "openclip-siglip2")]
    public void Every_row_is_OpenCLIPs(string rows, string model)
    {
        ITextTokenizer tokenizer = TokenizerReader.Open(TextFixtures.Model(model));
        Row[] meant = TextFixtures.RowsOf(rows);
        Assert.Equal(491, meant.Length);
        Assert.Equal("", TextFixtures.Wrong(tokenizer, meant, row => row.OpenClipIds ?? row.Ids));
    }

    [Fact]
    public void A_full_stop_counts_in_one_form_of_the_same_model_and_not_in_the_other()
    {
        ITextTokenizer transformers = TokenizerReader.Open(TextFixtures.Model("siglip2"));
        ITextTokenizer openClip = TokenizerReader.Open(TextFixtures.Model("openclip-siglip2"));
        Assert.NotEqual(transformers.Encode("a photo of a cat").Ids, transformers.Encode("a photo of a cat.").Ids);
        Assert.Equal(openClip.Encode("a photo of a cat").Ids, openClip.Encode("a photo of a cat.").Ids);
        Assert.Equal(openClip.Encode("a photo of a cat.").Ids, transformers.Encode("a photo of a cat").Ids);
        Assert.Contains("punctuation and blanks kept", transformers.Rule, StringComparison.Ordinal);
        Assert.Contains("punctuation removed", openClip.Rule, StringComparison.Ordinal);
    }
}
