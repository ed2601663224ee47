extern alias tokenizing;

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;
using tokenizing::VitGrid.Text;
using tokenizing::VitGrid.Text.Reading;

namespace VitGrid.Benchmarks.Tokenizing;

/// <summary>CLIP's tokenizer beside a peer's, the two taking turns on the same captions, on one thread.</summary>
internal sealed partial class TokenizerBenchmark(string folder, int count, int seed)
{
    private const int Turns = 5;
    private const string EndOfWord = "</w>";

    private readonly Dictionary<string, int> _vocabulary =
        JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllBytes(Path.Combine(folder, "vocab.json")))!;

    public IEnumerable<string> Run()
    {
        string[] words =
        [
            .. _vocabulary.OrderBy(entry => entry.Value).Select(entry => entry.Key).Where(key => Plain().IsMatch(key))
                .Select(key => key[..^EndOfWord.Length]),
        ];
        Captions captions = new(words, seed);
        yield return string.Create(CultureInfo.InvariantCulture, $"{count:N0} captions of 5–25 words, seed {seed}, median of {Turns}");
        yield return "captions         VitGrid/s      peer/s   ratio   equal ids";
        yield return Measure("common words", captions.Common(count));
        yield return Measure("never-seen words", captions.Unseen(count));
    }

    private string Measure(string name, string[] texts)
    {
        List<double> ours = [], peers = [];
        int equal = texts.Length;
        for (int turn = 0; turn < Turns; turn++)
        {
            // Each turn begins without anything remembered, for unseen words would be seen in the second.
            ITextTokenizer own = TokenizerReader.Open(folder, new() { ContextLength = 1024 });
            BpeTokenizer peer = Peer();
            (_, _) = (own.Encode(texts[0]), peer.EncodeToIds(texts[0]));
            ours.Add(Time(texts, text => own.Encode(text).Length));
            peers.Add(Time(texts, text => peer.EncodeToIds(text).Count));
            if (turn == 0)
                equal = texts.Count(text => own.Encode(text).Ids.AsSpan()[1..^1].SequenceEqual([.. peer.EncodeToIds(text)]));
        }
        (double our, double their) = (Median(ours), Median(peers));
        return string.Create(CultureInfo.InvariantCulture,
            $"{name,-16} {texts.Length / our,10:N0}  {texts.Length / their,10:N0}   {their / our,5:F2}   {equal:N0} of {texts.Length:N0}");
    }

    private BpeTokenizer Peer() => BpeTokenizer.Create(new BpeOptions(_vocabulary)
    {
        Merges = File.ReadLines(Path.Combine(folder, "merges.txt")).Skip(1),
        ByteLevel = true,
        EndOfWordSuffix = EndOfWord,
        Normalizer = new LowerCaseNormalizer(),
        PreTokenizer = new RegexPreTokenizer(Words(), null),
    });

    private static double Time(string[] texts, Func<string, int> encode)
    {
        long begun = Stopwatch.GetTimestamp(), tokens = 0;
        foreach (string text in texts)
            tokens += encode(text);
        return tokens > 0 ? Stopwatch.GetElapsedTime(begun).TotalSeconds : double.PositiveInfinity;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    [GeneratedRegex("^[a-z]{2,}</w>$")]
    private static partial Regex Plain();

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+")]
    private static partial Regex Words();
}
