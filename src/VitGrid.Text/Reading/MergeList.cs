using System.Globalization;
using System.Text;
using System.Text.Json;
using VitGrid.Text.Bpe;
using VitGrid.Text.Gemma;

namespace VitGrid.Text.Reading;

/// <summary>Reads merges, whose places are their ranks, against a vocabulary.</summary>
/// <param name="vocabulary">Ids by piece.</param>
/// <param name="file">Where the merges stand, for messages.</param>
internal sealed class MergeList(Dictionary<string, int> vocabulary, string file)
{
    private readonly List<(int Left, int Right, int Merged)> _merges = [];

    /// <summary>The left piece of every merge whose right one begins with ▁.</summary>
    public HashSet<string> BeforeBlank { get; } = [];

    /// <summary>The table of all merges read.</summary>
    public MergeTable Table()
    {
        MergeTable table = new(_merges.Count, _merges.Count);
        foreach ((int rank, (int left, int right, int merged)) in _merges.Index())
            table.TryAdd(left, right, rank, merged);
        return table;
    }

    /// <summary>Reads <c>merges.txt</c>: two pieces a line behind a line with the version.</summary>
    /// <exception cref="TokenizerException">A line is no merge, or makes a piece that the vocabulary lacks.</exception>
    public void ReadLines(ReadOnlySpan<byte> text)
    {
        bool isFirst = true;
        foreach (Range range in text.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = text[range].TrimEnd((byte)'\r');
            if (line.Length > 0 && !(isFirst && line.StartsWith("#version"u8)))
                Add(Encoding.UTF8.GetString(line));
            isFirst = false;
        }
    }

    /// <summary>Reads the array of a <c>tokenizer.json</c>: <c>"a b"</c> (transformers 4) or <c>["a","b"]</c> (5).</summary>
    /// <exception cref="TokenizerException">An entry is no merge, or makes a piece that the vocabulary lacks.</exception>
    public void ReadArray(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        if (json.Length == 0 || !reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            throw new TokenizerException($"{file} has no array of merges; fetch it anew");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                Add(reader.GetString() ?? "");
                continue;
            }
            string left = Next(ref reader), right = Next(ref reader);
            if (!reader.Read() || reader.TokenType != JsonTokenType.EndArray)
                throw Damaged($"{left} {right} …");
            Add(left, right);
        }
    }

    private static string Next(ref Utf8JsonReader reader) => reader.Read() ? reader.GetString() ?? "" : "";

    private void Add(string merge)
    {
        int blank = merge.IndexOf(' ', StringComparison.Ordinal);
        if (blank < 1 || merge.IndexOf(' ', blank + 1) >= 0)
            throw Damaged(merge);
        Add(merge[..blank], merge[(blank + 1)..]);
    }

    private void Add(string left, string right)
    {
        if (_merges.Count == MergeTable.MaxRanks)
            throw new TokenizerException($"{file} has more than {_merges.Count} merges");
        if (!vocabulary.TryGetValue(left, out int leftId) || !vocabulary.TryGetValue(right, out int rightId)
            || !vocabulary.TryGetValue(left + right, out int merged))
            throw Damaged($"{left} {right}");
        _merges.Add((leftId, rightId, merged));
        if (GemmaVocabulary.BeginsWithBlank(right))
            BeforeBlank.Add(left);
    }

    private TokenizerException Damaged(string merge) => new(string.Create(CultureInfo.InvariantCulture,
        $"{file} does not fit its vocabulary: merge {_merges.Count} is '{merge[..Math.Min(merge.Length, 64)]}', and both parts and the "
        + $"whole have to be entries; fetch the model's tokenizer files anew"));
}
