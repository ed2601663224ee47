using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace VitGrid.Model.Tensors.Safetensors;

/// <summary>
/// Walks untrusted JSON token by token. A document model would drop duplicate names and allocate before anything is checked.
/// </summary>
internal ref struct JsonCursor
{
    private readonly string _file;
    private Utf8JsonReader _reader;

    public JsonCursor(ReadOnlySpan<byte> json, string file)
    {
        if (!Utf8.IsValid(json))
        {
            throw new CheckpointException(
                $"{file}: byte {FirstInvalid(json)} of its JSON is not UTF-8; the file is damaged: fetch it again");
        }
        _file = file;
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
    }

    /// <summary>What the reader throws for malformed JSON, a name of lone surrogates included.</summary>
    public static bool IsMalformed(Exception exception) => exception is JsonException or InvalidOperationException;

    public void EnterObject(string what) => Expect(JsonTokenType.StartObject, what, "an object");

    public void EnterArray(string what) => Expect(JsonTokenType.StartArray, what, "an array");

    public bool NextName(out string name)
    {
        _reader.Read();
        bool found = _reader.TokenType == JsonTokenType.PropertyName;
        name = found ? _reader.GetString()! : "";
        return found;
    }

    /// <summary>The next element of an array of non-negative whole numbers, or false at its end.</summary>
    public bool NextNumber(string what, out long number)
    {
        _reader.Read();
        number = 0;
        if (_reader.TokenType == JsonTokenType.EndArray)
            return false;
        if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetInt64(out number) || number < 0)
            throw new CheckpointException($"{_file}: {what} holds {Token()}; expected whole numbers from 0 to {long.MaxValue}");
        return true;
    }

    public string Text(string what)
    {
        Expect(JsonTokenType.String, what, "a string");
        return _reader.GetString()!;
    }

    public void Skip()
    {
        _reader.Read();
        _reader.Skip();
    }

    public void End() => _reader.Read();

    private void Expect(JsonTokenType type, string what, string expected)
    {
        _reader.Read();
        if (_reader.TokenType != type)
            throw new CheckpointException($"{_file}: {what} is {Token()}; expected {expected}");
    }

    private readonly string Token() => _reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.EndArray or JsonTokenType.EndObject => "cut short",
        _ => Shown.Text(Encoding.UTF8.GetString(_reader.ValueSpan[..Math.Min(_reader.ValueSpan.Length, 400)])),
    };

    private static int FirstInvalid(ReadOnlySpan<byte> json)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(json[at..], out _, out int consumed) == System.Buffers.OperationStatus.Done)
            at += consumed;
        return at;
    }
}
