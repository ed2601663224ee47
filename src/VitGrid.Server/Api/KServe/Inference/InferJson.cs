using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.KServe.Inference;

/// <summary>
/// Reads the JSON of a request for inference in one pass. Tensors stay where they stand; everything else is small, and bounded. Behind the
/// JSON may lie tensors as bytes, in the order of the inputs that say how many are theirs.
/// </summary>
internal ref struct InferJson
{
    private const int MaxParameters = 64;
    private const int MaxTensors = 16;
    private const int MaxDimensions = 8;
    private const string BinarySize = "binary_data_size";

    private readonly Memory<byte> _json;
    private readonly RequestNotes _notes;
    private Memory<byte> _binary;
    private Utf8JsonReader _reader;

    private InferJson(Memory<byte> json, Memory<byte> binary, RequestNotes notes)
    {
        (_json, _binary, _notes) = (json, binary, notes);
        _reader = new(json.Span, new JsonReaderOptions { MaxDepth = JsonBody.MaxDepth });
    }

    /// <param name="json">The JSON.</param>
    /// <param name="binary">What lies behind it.</param>
    /// <param name="notes">Is told what is not read.</param>
    /// <exception cref="ApiException">It is malformed, or larger than any request.</exception>
    public static InferRequest Read(Memory<byte> json, Memory<byte> binary, RequestNotes notes)
    {
        try
        {
            return new InferJson(json, binary, notes).Request();
        }
        catch (JsonException exception)
        {
            throw JsonBody.TooDeep(json.Span, "the body") ?? Malformed(
                $"the body is not valid JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}; check for a cut "
                    + "body, quotes and commas, and that Inference-Header-Content-Length is the length of the JSON");
        }
        catch (InvalidOperationException)
        {
            // The reader checks text only when it is asked for: bytes that are not UTF-8, or half of a surrogate pair.
            throw Malformed("the body holds a string that is not valid UTF-8 text; encode the body as UTF-8");
        }
    }

    private InferRequest Request()
    {
        string? id = null;
        List<Saying> parameters = [];
        List<InferInput>? inputs = null;
        List<InferOutput> outputs = [];
        Begin(JsonTokenType.StartObject, "the body");
        while (NextName() is { } name)
        {
            switch (name)
            {
                case "id":
                    id = Text("id");
                    break;
                case "parameters":
                    parameters = Parameters();
                    break;
                case "inputs":
                    inputs = Inputs();
                    break;
                case "outputs":
                    outputs = Outputs();
                    break;
                default:
                    _notes.Unread(name);
                    Skip();
                    break;
            }
        }
        // Whatever follows the object is a fault, which the reader throws.
        _reader.Read();
        inputs ??= Missing<List<InferInput>>("inputs", "send an array with the tensor 'image'");
        return new(id, parameters, WithBinary(inputs), outputs);
    }

    /// <summary>Takes the bytes behind the JSON apart, as the inputs say.</summary>
    private List<InferInput> WithBinary(List<InferInput> inputs)
    {
        for (int i = 0; i < inputs.Count; i++)
        {
            if (inputs[i].Parameters.FirstOrDefault(said => said.Name == BinarySize) is not { Name: not null } size)
                continue;
            string name = Quote.Short(inputs[i].Name);
            if (inputs[i].Content is not null)
                throw Malformed($"input '{name}' has both data and {BinarySize}; send one of them");
            if (!int.TryParse(size.Text, out int bytes) || bytes < 0 || bytes > _binary.Length)
            {
                throw Malformed($"{BinarySize} of input '{name}' is '{Quote.Short(size.Text)}', and {_binary.Length} bytes are left behind "
                    + "the JSON; send as many as it says, and the JSON's length as Inference-Header-Content-Length");
            }
            inputs[i] = inputs[i] with { Content = new BinaryContent(_binary[..bytes]) };
            _binary = _binary[bytes..];
        }
        return _binary.IsEmpty ? inputs : throw Malformed(
            $"{_binary.Length} bytes behind the JSON belong to no input; say with {BinarySize} whose they are");
    }

    private List<InferInput> Inputs()
    {
        List<InferInput> inputs = [];
        Begin(JsonTokenType.StartArray, "inputs");
        while (NextObject("inputs", inputs.Count))
            inputs.Add(Input($"inputs[{inputs.Count}]"));
        return inputs;
    }

    private InferInput Input(string place)
    {
        string? name = null, datatype = null;
        List<long>? shape = null;
        List<Saying> parameters = [];
        JsonContent? content = null;
        while (NextName() is { } property)
        {
            switch (property)
            {
                case "name":
                    name = Text($"{place}.name");
                    break;
                case "datatype":
                    datatype = Text($"{place}.datatype");
                    break;
                case "shape":
                    shape = Shape($"{place}.shape");
                    break;
                case "parameters":
                    parameters = Parameters();
                    break;
                case "data":
                    content = Data($"{place}.data");
                    break;
                default:
                    _notes.Unread($"{place}.{property}");
                    Skip();
                    break;
            }
        }
        return new(
            name ?? Missing<string>($"{place}.name", "name the tensor, 'image'"),
            datatype ?? Missing<string>($"{place}.datatype", "'image' has BYTES"),
            shape ?? Missing<List<long>>($"{place}.shape", "it is [N] of N images"),
            parameters, content);
    }

    private List<InferOutput> Outputs()
    {
        List<InferOutput> outputs = [];
        Begin(JsonTokenType.StartArray, "outputs");
        while (NextObject("outputs", outputs.Count))
        {
            string place = $"outputs[{outputs.Count}]";
            string? name = null;
            List<Saying> parameters = [];
            while (NextName() is { } property)
            {
                if (property == "name")
                {
                    name = Text($"{place}.name");
                }
                else if (property == "parameters")
                {
                    parameters = Parameters();
                }
                else
                {
                    _notes.Unread($"{place}.{property}");
                    Skip();
                }
            }
            outputs.Add(new(name ?? Missing<string>($"{place}.name", "name the tensor, 'embedding'"), parameters));
        }
        return outputs;
    }

    private JsonContent Data(string place)
    {
        Begin(JsonTokenType.StartArray, place);
        int start = (int)_reader.TokenStartIndex;
        _reader.Skip();
        return new(_json[start..(int)_reader.BytesConsumed]);
    }

    private List<long> Shape(string place)
    {
        List<long> shape = [];
        Begin(JsonTokenType.StartArray, place);
        while (Advance() != JsonTokenType.EndArray)
        {
            if (shape.Count == MaxDimensions || _reader.TokenType != JsonTokenType.Number || !_reader.TryGetInt64(out long side))
                throw Malformed($"{place} is no list of at most {MaxDimensions} whole numbers; send one such as [2,1]");
            shape.Add(side);
        }
        return shape;
    }

    /// <summary>Values as they would stand in a form; an object or array has none.</summary>
    private List<Saying> Parameters()
    {
        List<Saying> parameters = [];
        Begin(JsonTokenType.StartObject, "parameters");
        while (NextName() is { } name)
        {
            if (parameters.Count == MaxParameters)
                throw Malformed($"parameters has more than {MaxParameters} entries; leave out those that are not read");
            JsonTokenType token = Advance();
            (string? text, JsonValueKind kind) = token switch
            {
                JsonTokenType.String => (Bounded(), JsonValueKind.String),
                JsonTokenType.Number => (Bounded(), JsonValueKind.Number),
                JsonTokenType.True => ("true", JsonValueKind.True),
                JsonTokenType.False => ("false", JsonValueKind.False),
                JsonTokenType.Null => ("", JsonValueKind.Null),
                JsonTokenType.StartArray => (null, JsonValueKind.Array),
                _ => (null, JsonValueKind.Object),
            };
            _reader.Skip();
            if (kind != JsonValueKind.Null)
                parameters.Add(new(name, text, "parameters", kind));
        }
        return parameters;
    }

    /// <summary>The name of the next property; null: the object ends.</summary>
    private string? NextName()
    {
        if (Advance() == JsonTokenType.EndObject)
            return null;
        if (_reader.ValueSpan.Length > JsonBody.MaxNameBytes)
        {
            throw Malformed($"the body holds a name of {_reader.ValueSpan.Length:N0} bytes ('{Quote.Utf8(_reader.ValueSpan)}'), the limit "
                + $"is {JsonBody.MaxNameBytes:N0}; leave it out");
        }
        return _reader.GetString();
    }

    /// <summary>Enters the next object of an array; false: the array ends.</summary>
    private bool NextObject(string place, int count)
    {
        JsonTokenType token = Advance();
        if (token == JsonTokenType.EndArray)
            return false;
        if (token != JsonTokenType.StartObject || count == MaxTensors)
            throw Malformed($"{place}[{count}] is a JSON {token}, or one of more than {MaxTensors}; send an object for each tensor");
        return true;
    }

    private string Text(string place) => Advance() == JsonTokenType.String
        ? Bounded() : throw Malformed($"{place} is a JSON {_reader.TokenType}; send a string");

    private readonly string Bounded() => _reader.ValueIsEscaped && _reader.ValueSpan.Length <= JsonBody.MaxNameBytes
        ? _reader.GetString()! : Quote.Bounded(_reader.ValueSpan);

    private void Begin(JsonTokenType start, string place)
    {
        if (Advance() != start)
        {
            string wanted = start == JsonTokenType.StartArray ? "an array" : "an object";
            throw Malformed($"{place} is a JSON {_reader.TokenType}; send {wanted}");
        }
    }

    private void Skip()
    {
        _reader.Read();
        _reader.Skip();
    }

    private JsonTokenType Advance()
    {
        _reader.Read();
        return _reader.TokenType;
    }

    private static T Missing<T>(string place, string remedy) => throw Malformed($"{place} is missing; {remedy}");

    private static ApiException Malformed(string message) => new(ApiCode.InvalidRequest, message);
}
