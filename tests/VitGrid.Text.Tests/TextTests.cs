using System.Text;
using FsCheck.Xunit;
using VitGrid.Text.Reading;

namespace VitGrid.Text.Tests;

/// <summary>What every tokenizer does with any text.</summary>
public sealed class TextTests
{
    private static readonly ITextTokenizer[] All =
    [
        TokenizerReader.Open(TextFixtures.Tokenizer("clip")),
        TokenizerReader.Open(TextFixtures.Tokenizer("siglip")),
        TokenizerReader.Open(TextFixtures.Part(TextFixtures.Tokenizer("siglip"), "tokenizer.json", "tokenizer_config.json")),
        TokenizerReader.Open(TextFixtures.Tokenizer("siglip2")),
        TokenizerReader.Open(TextFixtures.Part(TextFixtures.Tokenizer("siglip2"), "tokenizer.model", "tokenizer_config.json")),
        TokenizerReader.Open(TextFixtures.Model("openclip-siglip")),
        TokenizerReader.Open(TextFixtures.Model("openclip-siglip2")),
    ];

    public static TheoryData<int> Tokenizers => [.. Enumerable.Range(0, All.Length)];

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Half_a_surrogate_pair_is_refused_and_says_where_it_stands(int index)
    {
        foreach ((string text, string named) in new[]
        {
            ("ab\uD83D", "U+D83D at index 2"), ("\uDE00b", "U+DE00 at index 0"), ("\uD83Dx\uDE00", "U+D83D at index 0"),
            ("\U0001F600 \uD83D\uD83D\uDE00", "U+D83D at index 3"),
        })
        {
            TextException refused = Assert.Throws<TextException>(() => All[index].Encode(text));
            Assert.Contains(named, refused.Message, StringComparison.Ordinal);
            Assert.False(refused.IsTooLong);
        }
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void A_text_above_the_limit_is_refused_by_its_length_and_one_at_the_limit_is_read(int index)
    {
        TextException refused = Assert.Throws<TextException>(() => All[index].Encode(new string('a', 10_000_000)));
        Assert.Contains("a text of 10000000 characters is longer than the 100000 that are read", refused.Message, StringComparison.Ordinal);
        Assert.True(refused.IsTooLong);
        Assert.True(All[index].Encode(new string('a', TokenizerOptions.DefaultMaxCharacters)).IsTruncated);
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void An_empty_text_has_its_special_tokens_alone(int index)
    {
        TokenizedText text = All[index].Encode("");
        Assert.Equal(All[index].Family == "clip" ? [49406, 49407] : [1], text.Ids);
        Assert.False(text.IsTruncated);
        long[] row = new long[All[index].ContextLength];
        text.CopyTo(row, All[index].PadId);
        Assert.All(row[text.Length..], id => Assert.Equal(All[index].PadId, id));
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Every_code_point_has_ids_within_the_vocabulary(int index)
    {
        foreach (Rune[] several in Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(value => new Rune(value)).Chunk(97))
        {
            StringBuilder text = new();
            foreach (Rune rune in several)
                text.Append(rune);
            TokenizedText ids = All[index].Encode(text.ToString());
            Assert.InRange(ids.Length, 1, All[index].ContextLength);
            Assert.All(ids.Ids, id => Assert.InRange(id, 0, All[index].VocabularySize - 1));
        }
    }

    [Property(MaxTest = 400)]
    public void Any_string_has_ids_or_is_refused_by_name(string? text)
    {
        foreach (ITextTokenizer tokenizer in All)
        {
            try
            {
                Assert.InRange(tokenizer.Encode(text).Length, 1, tokenizer.ContextLength);
            }
            catch (TextException)
            {
                Assert.Contains(text!, char.IsSurrogate);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void A_text_has_the_same_ids_alone_and_among_others_on_many_threads(int index)
    {
        string[] texts = [.. TextFixtures.RowsOf("siglip2").Select(row => row.Text)];
        int[][] alone = [.. texts.Select(text => All[index].Encode(text).Ids)];
        int[] order = [.. Enumerable.Range(0, texts.Length * 6).Select(i => i * 7919 % texts.Length)];
        int[][] together = new int[order.Length][];
        Parallel.For(0, order.Length, i => together[i] = All[index].Encode(texts[order[i]]).Ids);
        for (int i = 0; i < order.Length; i++)
            Assert.Equal(alone[order[i]], together[i]);
    }
}
