using System.Text;
using VitGrid.Text.Reading;

namespace VitGrid.Text.Tests;

/// <summary>Tokenizer files that are damaged, hostile or of another kind: refused by name, with bounded memory.</summary>
public sealed class MalformedTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vitgrid-malformed-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_without_a_tokenizer_says_which_files_it_lacks()
    {
        Assert.False(TokenizerReader.HasTokenizer(_folder));
        Assert.Contains("holds no tokenizer: no tokenizer.json, no vocab.json with merges.txt", Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"tokenizer_class":"BertTokenizer"}""", "is a BertTokenizer; served are CLIPTokenizer, SiglipTokenizer")]
    [InlineData("""{"tokenizer_class":"XLMRobertaTokenizerFast"}""", "is a XLMRobertaTokenizerFast; served are")]
    [InlineData("[1]", "holds Array instead of an object")]
    [InlineData("{", "is damaged")]
    [InlineData("""{"added_tokens_decoder":{"-1":{"content":"a"}}}""", "'-1' is no token id")]
    [InlineData("""{"added_tokens_decoder":{"4000000":{"content":"a"}}}""", "token id 4000000 is not within 0 and 1999999")]
    public void A_configuration_of_another_tokenizer_is_refused_by_name(string config, string named)
    {
        Write("tokenizer_config.json", config);
        Assert.Contains(named, Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{"a":0}}}""", "'WordPiece' tokenizer")]
    [InlineData(
        """{"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "is not CLIP's tokenizer: its model is 'BPE' with the word end ''")]
    [InlineData(
        """{"model":{"type":"BPE","byte_fallback":true,"vocab":{"a":0},"merges":[]}}""",
        "is not Gemma's tokenizer: it changes texts by null")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1}}}""", "token id -1")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":99999999999}}}""", "is damaged")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"\ud83d":1}}}""", "is damaged")]
    [InlineData(
        """{"model":{"type":"Unigram","unk_id":7,"vocab":[["a",-1.5]]},"pre_tokenizer":{"type":"Metaspace","replacement":"▁"}}""",
        "no unk_id among its 1 pieces")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":0,"vocab":[["a",1e999]]}}""", "is damaged")]
    [InlineData("""{"model":{"unk_id":0,"vocab":[["a",-1.5]]},"normalizer":{"type":"NFKC"}}""", "normalizes by 'NFKC', which is not read")]
    [InlineData(
        """{"model":{"unk_id":0,"vocab":[["a",-1.5]]},"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAA"}}""", "charsmap")]
    [InlineData("""{"model":{"unk_id":0,"vocab":[["a",-1.5]]},"pre_tokenizer":{"type":"Whitespace"}}""", "cuts words by")]
    [InlineData("""{"model":{"type":"\ud83d"}}""", "is damaged")]
    [InlineData("""{"model":{"type":"BPE","end_of_word_suffix":"</w>"},"normalizer":{"type":"\ud83d"}}""", "is damaged")]
    [InlineData("", "is damaged")]
    [InlineData("{}", "is a '' tokenizer")]
    public void A_tokenizer_json_of_another_kind_is_refused_by_what_it_is(string json, string named)
    {
        Write("tokenizer.json", json);
        Assert.Contains(named, Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vocab.txt", "holds a WordPiece vocabulary (vocab.txt), which is BERT's")]
    [InlineData("spiece.model", "has no pieces")]
    [InlineData("tokenizer.model", "has no pieces")]
    public void An_empty_file_is_refused(string file, string named)
    {
        Write(file, "");
        Assert.Contains(named, Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_above_the_limit_is_refused_unread()
    {
        using (FileStream file = File.Create(Path.Combine(_folder, "tokenizer.json")))
            file.SetLength((128 << 20) + 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("has 134217729 bytes; a tokenizer's file has at most 134217728", Refused(), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Theory]
    [InlineData("merges.txt", "#version: 0.2\ni n\nzz qq\n", "merge 1 is 'zz qq'")]
    [InlineData("merges.txt", "#version: 0.2\ninn\n", "merge 0 is 'inn'")]
    [InlineData("vocab.json", """{"a":0,"b":1}""", "both parts and the whole have to be entries")]
    public void Tables_that_do_not_belong_together_are_refused(string file, string content, string named)
    {
        foreach (string other in (string[])["vocab.json", "merges.txt"])
            File.Copy(Path.Combine(TextFixtures.Tokenizer("clip-small"), other), Path.Combine(_folder, other));
        Write(file, content);
        Assert.Contains(named, Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clip-small", "tokenizer.json")]
    [InlineData("siglip", "spiece.model")]
    [InlineData("siglip2", "tokenizer.json")]
    [InlineData("siglip2", "tokenizer.model")]
    public void A_file_that_is_cut_off_or_changed_is_refused_or_read_and_nothing_else_is_thrown(string tokenizer, string file)
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(TextFixtures.Tokenizer(tokenizer), file));
        Random random = new(3);
        int refused = 0;
        for (int i = 0; i < 60; i++)
        {
            byte[] changed = i % 3 == 0 ? whole[..random.Next(whole.Length)] : [.. whole];
            for (int change = 0; change < i % 3 * 8; change++)
                changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(Path.Combine(_folder, file), changed);
            try
            {
                ITextTokenizer opened = TokenizerReader.Open(_folder);
                foreach (Row row in TextFixtures.RowsOf(tokenizer).Take(40))
                    _ = opened.Encode(row.Text);
            }
            catch (TokenizerException exception)
            {
                Assert.Contains(_folder, exception.Message, StringComparison.Ordinal);
                refused++;
            }
        }
        Assert.InRange(refused, 10, 60);
    }

    [Fact]
    public void A_context_length_out_of_range_is_refused()
    {
        TokenizerException refused = Assert.Throws<TokenizerException>(
            () => TokenizerReader.Open(TextFixtures.Tokenizer("clip-small"), new() { ContextLength = 2 }));
        Assert.Contains("a context length of 2 tokens", refused.Message, StringComparison.Ordinal);
    }

    private string Refused() => Assert.Throws<TokenizerException>(() => TokenizerReader.Open(_folder)).Message;

    private void Write(string file, string content) => File.WriteAllText(Path.Combine(_folder, file), content, new UTF8Encoding(false));
}
