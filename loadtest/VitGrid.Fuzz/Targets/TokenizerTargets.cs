using System.Text;
using VitGrid.Fuzz.Mutations;
using VitGrid.Text;
using VitGrid.Text.Reading;

namespace VitGrid.Fuzz.Targets;

/// <summary>A folder's tokenizer file, opened and asked for ids.</summary>
internal abstract class TokenizerFileTarget : FuzzTarget
{
    private static readonly string[] Texts = ["a photo of 2 cats, İt's <pad></s>", "e\u0301\u0323 \uAC00 \u3000ﬁ▁▁▁ \U0001F600", ""];

    public override long UsualBytes => 24 << 20;

    /// <summary>The file that an input is.</summary>
    protected abstract string FileOf(byte[] input);

    public override Depth Read(byte[] input)
    {
        string of = Directory.CreateTempSubdirectory("tokenizer-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(of, FileOf(input)), input);
            ITextTokenizer tokenizer = TokenizerReader.Open(of);
            foreach (string text in Texts)
                _ = tokenizer.Encode(text);
            return Depth.Beyond;
        }
        catch (TokenizerException exception)
        {
            // What is refused unread says so with the reader's own position.
            return exception.InnerException is System.Text.Json.JsonException ? Depth.Header : Depth.Beyond;
        }
        finally
        {
            Directory.Delete(of, recursive: true);
        }
    }

    /// <summary>A fixture.</summary>
    protected static byte[] Fixture(Corpus corpus, string tokenizer, string file) => corpus.Read("text", "tokenizers", tokenizer, file);
}

/// <summary><c>tokenizer.json</c> of CLIP and Gemma.</summary>
internal sealed class TokenizerJsonTarget(Corpus corpus) : TokenizerFileTarget
{
    public override string Name => "tokenizer";

    public override IReadOnlyList<byte[]> Seeds { get; } =
        [Fixture(corpus, "clip-small", "tokenizer.json"), Fixture(corpus, "siglip2", "tokenizer.json")];

    public override byte[] Mutate(Random random, byte[] seed) => JsonMutation.Change(random, seed);

    protected override string FileOf(byte[] input) => "tokenizer.json";
}

/// <summary><c>spiece.model</c> and <c>tokenizer.model</c>, told apart by their size.</summary>
internal sealed class PiecesTarget(Corpus corpus) : TokenizerFileTarget
{
    private const int Large = 100_000;

    public override string Name => "pieces";

    public override IReadOnlyList<byte[]> Seeds { get; } =
        [Fixture(corpus, "siglip", "spiece.model"), Fixture(corpus, "siglip2", "tokenizer.model")];

    public override byte[] Mutate(Random random, byte[] seed) => ByteMutation.Change(random, seed);

    protected override string FileOf(byte[] input) => input.Length > Large ? "spiece.model" : "tokenizer.model";
}

/// <summary>Texts, for every tokenizer.</summary>
internal sealed class TextTarget(Corpus corpus) : FuzzTarget
{
    private readonly ITextTokenizer[] _tokenizers =
    [
        .. ((string[])["clip-small", "siglip", "siglip2"]).Select(name => TokenizerReader.Open(corpus.PathOf("text", "tokenizers", name))),
        .. ((string[])["openclip-siglip", "clip-added-token"]).Select(name => TokenizerReader.Open(corpus.PathOf("text", "models", name))),
    ];

    public override string Name => "text";

    public override long UsualBytes => 1 << 20;

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. ((string[])
        [
            "A photo of 12 cats; it's <|endoftext|> \"İstanbul\" & co.",
            "e\u0301\u0323\u0345 \uAC01\u11A8 \u1100\u1161\u11A8 ΑΣ' ΣΑΣ. ﬁ\u200B\u00AD",
            "一只猫 \U0001F468\u200D\U0001F469 \U00020BB7 <pad></s><unk><eos>\n\n\n▁▁  \u0085\u001C\u3000",
            "&amp;amp; ｆｕｌｌ ｶﾞ “q” \u001B[31m gizmotron <|STYLE|>",
            "schÃ¶n donâ€™t Ã la mode â€\uFFFD ÐºÐ¾Ñ‚ 漢 Ãƒƒƒ &copy 2024 &EACUTE; &#x1F600; &#0;",
        ]).Select(Encoding.Unicode.GetBytes),
    ];

    public override byte[] Mutate(Random random, byte[] seed) => ByteMutation.Change(random, seed);

    public override Depth Read(byte[] input)
    {
        string text = new(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, char>(input));
        try
        {
            foreach (ITextTokenizer tokenizer in _tokenizers)
            {
                if (tokenizer.Encode(text).Ids.Any(id => id < 0 || id >= tokenizer.VocabularySize))
                    throw new InvalidOperationException($"{tokenizer.Family} gave an id outside its vocabulary");
            }
            return Depth.Beyond;
        }
        catch (TextException)
        {
            return Depth.Beyond;
        }
    }
}
