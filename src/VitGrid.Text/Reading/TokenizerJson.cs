using System.Text.Json;
using VitGrid.Text.Added;

namespace VitGrid.Text.Reading;

/// <summary>A <c>tokenizer.json</c> of the Rust library, in the forms of transformers 4 and 5.</summary>
internal sealed class TokenizerJson
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 64 };

    private readonly ReadOnlyMemory<byte> _bytes;

    private TokenizerJson(ReadOnlyMemory<byte> bytes, string file) => (_bytes, File) = (bytes, file);

    /// <summary>The file's path, for messages.</summary>
    public string File { get; }

    /// <summary>Tokens that are found as they are written.</summary>
    public List<AddedToken> Added { get; } = [];

    /// <summary>What is done to a text; undefined or null: nothing.</summary>
    public JsonElement Normalizer { get; private set; }

    /// <summary>How it is cut into words; undefined or null: not.</summary>
    public JsonElement PreTokenizer { get; private set; }

    /// <summary>The model without its tables.</summary>
    public Dictionary<string, JsonElement> Model { get; } = [];

    /// <summary>Ids by piece; of unigram pieces, their places.</summary>
    public Dictionary<string, int> Vocabulary { get; } = new(StringComparer.Ordinal);

    /// <summary>Unigram pieces by id.</summary>
    public List<(string Text, double Score)> Scored { get; } = [];

    /// <summary>The array of merges as it stands in the file.</summary>
    public ReadOnlyMemory<byte> Merges { get; private set; }

    /// <summary>The model's type, such as <c>BPE</c>; empty: not said.</summary>
    public string Type => Model.TryGetValue("type", out JsonElement type) && type.ValueKind == JsonValueKind.String
        ? type.GetString()!
        : Scored.Count > 0 ? "Unigram" : Merges.Length > 0 ? "BPE" : "";

    /// <summary>Reads one.</summary>
    /// <exception cref="TokenizerException">It is damaged.</exception>
    public static TokenizerJson Read(TokenizerFolder folder, string name)
    {
        TokenizerJson json = new(JsonText.WithoutMark(folder.Read(name)), folder.PathOf(name));
        return JsonText.Guard(json.File, () =>
        {
            json.ReadRoot();
            return json;
        });
    }

    /// <summary>A text of the model; null: it is not said.</summary>
    public string? ModelText(string name) =>
        Model.TryGetValue(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A switch of the model; not said: off.</summary>
    public bool ModelFlag(string name) => Model.TryGetValue(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    private void ReadRoot()
    {
        Utf8JsonReader reader = new(_bytes.Span, Options);
        Enter(ref reader, JsonTokenType.StartObject);
        while (NextProperty(ref reader) is { } name)
        {
            switch (name)
            {
                case "added_tokens":
                    ReadAdded(JsonElement.ParseValue(ref reader));
                    break;
                case "normalizer":
                    Normalizer = JsonElement.ParseValue(ref reader);
                    break;
                case "pre_tokenizer":
                    PreTokenizer = JsonElement.ParseValue(ref reader);
                    break;
                case "model" when reader.TokenType == JsonTokenType.StartObject:
                    ReadModel(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        while (reader.Read())
        {
            // Whatever stands behind the root is an error of the reader's.
        }
    }

    private void ReadAdded(JsonElement tokens)
    {
        foreach (JsonElement token in tokens.EnumerateArray())
        {
            if (token.Text("content") is { Length: > 0 } content)
                Added.Add(TokenizerConfig.FromJson(token, content, Reading.Vocabulary.Checked(token.GetProperty("id").GetInt32())));
        }
    }

    private void ReadModel(ref Utf8JsonReader reader)
    {
        while (NextProperty(ref reader) is { } name)
        {
            switch (name)
            {
                case "vocab" when reader.TokenType == JsonTokenType.StartObject:
                    ReadVocabulary(ref reader, Vocabulary);
                    break;
                case "vocab" when reader.TokenType == JsonTokenType.StartArray:
                    ReadScored(ref reader);
                    break;
                case "merges":
                    int start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    Merges = _bytes[start..(int)reader.BytesConsumed];
                    break;
                default:
                    Model[name] = JsonElement.ParseValue(ref reader);
                    break;
            }
        }
    }

    /// <summary>Reads an object of pieces and ids, which begins at the reader.</summary>
    public static void ReadVocabulary(ref Utf8JsonReader reader, Dictionary<string, int> vocabulary)
    {
        while (NextProperty(ref reader) is { } piece)
        {
            if (vocabulary.Count == Reading.Vocabulary.MaxSize)
                throw new FormatException($"the vocabulary has more than {Reading.Vocabulary.MaxSize} entries");
            vocabulary[piece] = Reading.Vocabulary.Checked(reader.GetInt32());
        }
    }

    private void ReadScored(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
        {
            reader.Read();
            string piece = reader.GetString() ?? throw new FormatException("a piece is null");
            reader.Read();
            double score = reader.GetDouble();
            reader.Read();
            if (reader.TokenType != JsonTokenType.EndArray || !double.IsFinite(score) || piece.Length == 0)
                throw new FormatException($"piece {Scored.Count} is not a text and a finite number");
            Vocabulary[piece] = Reading.Vocabulary.Checked(Scored.Count);
            Scored.Add((piece, score));
        }
    }

    private static void Enter(ref Utf8JsonReader reader, JsonTokenType wanted)
    {
        if (!reader.Read() || reader.TokenType != wanted)
            throw new FormatException($"it begins with {reader.TokenType} instead of {wanted}");
    }

    /// <summary>Goes to the value of the next property.</summary>
    /// <returns>Its name; null: the object is at its end.</returns>
    private static string? NextProperty(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
            return null;
        string name = reader.GetString()!;
        reader.Read();
        return name;
    }
}
