using VitGrid.Text.Reading;

namespace VitGrid.Text.Tests;

/// <summary>Every public row of the four tokenizers' fixtures, made by the libraries that the models were published with.</summary>
public sealed class RowTests
{
    [Theory]
    [InlineData("clip", 491)]
    [InlineData("clip-small", 308)]
    [InlineData("siglip", 491)]
    [InlineData("siglip2", 491)]
    public void Every_row_has_the_ids_of_the_models_own_class(string name, int count)
    {
        Row[] rows = TextFixtures.RowsOf(name);
        Assert.Equal(count, rows.Length);
        Assert.Equal("", TextFixtures.Wrong(TokenizerReader.Open(TextFixtures.Tokenizer(name)), rows, row => row.Ids));
    }

    [Theory]
    [InlineData("clip")]
    [InlineData("clip-small")]
    public void Clips_two_tables_give_the_same_ids_as_its_tokenizer_json(string name)
    {
        string folder = TextFixtures.Part(
            TextFixtures.Tokenizer(name), "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json");
        ITextTokenizer tokenizer = TokenizerReader.Open(folder);
        Assert.Equal("", TextFixtures.Wrong(tokenizer, TextFixtures.RowsOf(name), row => row.Ids));
    }

    [Theory]
    [InlineData("clip")]
    [InlineData("clip-small")]
    public void A_tokenizer_json_of_clip_alone_gives_the_same_ids(string name)
    {
        ITextTokenizer tokenizer = TokenizerReader.Open(TextFixtures.Part(TextFixtures.Tokenizer(name), "tokenizer.json"));
        Assert.Equal("", TextFixtures.Wrong(tokenizer, TextFixtures.RowsOf(name), row => row.Ids));
    }

    [Fact]
    public void A_unigram_tokenizer_json_gives_the_rust_librarys_ids()
    {
        string folder = TextFixtures.Part(TextFixtures.Tokenizer("siglip"), "tokenizer.json", "tokenizer_config.json");
        ITextTokenizer tokenizer = TokenizerReader.Open(folder);
        Assert.Equal("", TextFixtures.Wrong(tokenizer, TextFixtures.RowsOf("siglip"), row => row.TokenizerJsonIds ?? row.Ids));
    }

    [Fact]
    public void Without_lower_casing_gemmas_ids_are_those_of_AutoTokenizer()
    {
        ITextTokenizer tokenizer = TokenizerReader.Open(TextFixtures.Tokenizer("siglip2"), new() { LowerCase = false });
        Assert.Equal("", TextFixtures.Wrong(tokenizer, TextFixtures.RowsOf("siglip2"), row => row.GemmaIds ?? row.Ids));
    }

    [Fact]
    public void A_tokenizer_model_alone_spells_special_tokens_out_as_SentencePiece_does()
    {
        string folder = TextFixtures.Part(TextFixtures.Tokenizer("siglip2"), "tokenizer.model", "tokenizer_config.json");
        ITextTokenizer tokenizer = TokenizerReader.Open(folder, new() { LowerCase = false });
        // The fixture's own cut drops the end token, which stays here.
        Row[] rows = [.. TextFixtures.RowsOf("siglip2").Where(row => row.Untruncated is null)];
        Assert.Equal("", TextFixtures.Wrong(tokenizer, rows, row => row.TokenizerModelIds ?? row.GemmaIds ?? row.Ids));
    }

    [Theory]
    [InlineData("clip")]
    [InlineData("clip-small")]
    [InlineData("siglip")]
    [InlineData("siglip2")]
    public void A_text_that_was_cut_says_how_long_it_was_and_no_other_does(string name)
    {
        ITextTokenizer tokenizer = TokenizerReader.Open(TextFixtures.Tokenizer(name));
        foreach (Row row in TextFixtures.RowsOf(name))
        {
            TokenizedText text = tokenizer.Encode(row.Text);
            Assert.Equal((row.Name, row.Untruncated ?? row.Ids.Length), (row.Name, text.UntruncatedLength));
            Assert.Equal((row.Name, row.Untruncated is not null), (row.Name, text.IsTruncated));
        }
    }

    [Theory]
    [InlineData("clip-added-token", null)]
    [InlineData("clip-laion", null)]
    [InlineData("clip-openai", null)]
    [InlineData("clip-text-projection", null)]
    [InlineData("clip-v5", null)]
    [InlineData("siglip", null)]
    [InlineData("siglip2", null)]
    [InlineData("siglip-16", "siglip")]
    public void A_models_folder_gives_the_ids_that_its_tower_was_fed(string model, string? tokenizerOf)
    {
        string folder = TextFixtures.Model(model);
        ITextTokenizer tokenizer = tokenizerOf is null
            ? TokenizerReader.Open(folder)
            : TokenizerReader.Open(TextFixtures.Tokenizer(tokenizerOf), new() { ContextLength = 16 });
        Assert.Equal("", TextFixtures.Wrong(tokenizer, TextFixtures.Rows(Path.Combine(folder, "expected.json")), row => row.Ids));
    }
}
