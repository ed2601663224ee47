using System.Buffers.Binary;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.KServe;

/// <summary>A request for inference over HTTP as clients write it, to be changed by each test.</summary>
internal sealed class InferCall
{
    public const string JsonLength = "Inference-Header-Content-Length";

    /// <summary>The JSON.</summary>
    public JsonObject Json { get; } = [];

    /// <summary>What lies behind it.</summary>
    public List<byte> Binary { get; } = [];

    /// <summary>The content type; clients name none.</summary>
    public string? ContentType { get; init; }

    /// <summary>The content's encoding; null: it is sent as it is.</summary>
    public string? Encoding { get; init; }

    /// <summary>Images as base64 in JSON.</summary>
    public static InferCall OfText(params byte[][] images) => OfTexts([.. images.Select(Convert.ToBase64String)]);

    /// <summary>Texts that stand for images.</summary>
    public static InferCall OfTexts(params string[] texts) => OfInput(new()
    {
        ["name"] = "image",
        ["shape"] = new JsonArray(texts.Length),
        ["datatype"] = "BYTES",
        ["data"] = new JsonArray([.. texts.Select(text => JsonValue.Create(text))]),
    });

    /// <summary>One input as it stands.</summary>
    public static InferCall OfInput(JsonObject input)
    {
        InferCall call = new();
        call.Json["inputs"] = new JsonArray(input);
        return call;
    }

    /// <summary>Image files behind the JSON.</summary>
    public static InferCall OfFiles(params byte[][] images) => new InferCall().WithFiles(images);

    /// <summary>Files behind the JSON.</summary>
    public InferCall WithFiles(params byte[][] images)
    {
        foreach (byte[] image in images)
        {
            byte[] length = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, image.Length);
            Binary.AddRange(length);
            Binary.AddRange(image);
        }
        Json["inputs"] = new JsonArray(new JsonObject
        {
            ["name"] = "image",
            ["shape"] = new JsonArray(images.Length, 1),
            ["datatype"] = "BYTES",
            ["parameters"] = new JsonObject { ["binary_data_size"] = Binary.Count },
        });
        return this;
    }

    /// <summary>Says something of the request.</summary>
    public InferCall With(string parameter, JsonNode value)
    {
        Json["parameters"] ??= new JsonObject();
        Json["parameters"]![parameter] = value;
        return this;
    }

    /// <summary>Wants a tensor.</summary>
    public InferCall Wanting(string output, string? parameter = null, JsonNode? value = null)
    {
        Json["outputs"] ??= new JsonArray();
        JsonObject wanted = new() { ["name"] = output };
        if (parameter is not null)
            wanted["parameters"] = new JsonObject { [parameter] = value };
        Json["outputs"]!.AsArray().Add(wanted);
        return this;
    }

    public Task<TensorAnswer> SendAsync(TestApi door, string path = "/v2/models/internvit-nano/infer") => SendAsync(door.Http, path);

    public async Task<TensorAnswer> SendAsync(HttpClient http, string path = "/v2/models/internvit-nano/infer")
    {
        using HttpResponseMessage response = await http.SendAsync(Request(path));
        return new(response, await response.Content.ReadAsByteArrayAsync());
    }

    public HttpRequestMessage Request(string path)
    {
        byte[] json = System.Text.Encoding.UTF8.GetBytes(Json.ToJsonString());
        HttpRequestMessage request = new(HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(Encoded([.. json, .. Binary])),
        };
        if (ContentType is not null)
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(ContentType);
        if (Encoding is not null)
            request.Content.Headers.ContentEncoding.Add(Encoding);
        if (Binary.Count > 0)
            request.Headers.Add(JsonLength, json.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return request;
    }

    private byte[] Encoded(byte[] bytes)
    {
        if (Encoding is not ("gzip" or "deflate"))
            return bytes;
        using MemoryStream encoded = new();
        using (Stream encoder = Encoding == "gzip" ? new GZipStream(encoded, CompressionLevel.Optimal) : new ZLibStream(
            encoded, CompressionLevel.Optimal))
            encoder.Write(bytes);
        return encoded.ToArray();
    }
}

/// <summary>An answer with tensors, in JSON or behind it.</summary>
internal sealed class TensorAnswer(HttpResponseMessage response, byte[] body)
{
    private readonly int _jsonLength = response.Headers.TryGetValues(InferCall.JsonLength, out IEnumerable<string>? values)
        ? int.Parse(values.Single(), System.Globalization.CultureInfo.InvariantCulture) : body.Length;

    public int Status { get; } = (int)response.StatusCode;

    public string Text => Encoding.UTF8.GetString(body);

    public JsonElement Json => JsonDocument.Parse(body.AsMemory(0, _jsonLength)).RootElement;

    public HttpResponseMessage Message => response;

    public string Header(string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(", ", values) : "";

    /// <summary>A text of its JSON.</summary>
    public string? Told(string name) => Json.GetProperty(name).GetString();

    /// <summary>A tensor's dimensions.</summary>
    public int[] Shape(string output) => [.. Output(output).GetProperty("shape").EnumerateArray().Select(side => side.GetInt32())];

    /// <summary>A tensor's numbers, wherever they are.</summary>
    public float[] Numbers(string output)
    {
        if (Output(output).TryGetProperty("data", out JsonElement data))
            return [.. data.EnumerateArray().Select(number => number.GetSingle())];
        int at = _jsonLength;
        foreach (JsonElement one in Json.GetProperty("outputs").EnumerateArray())
        {
            if (!one.TryGetProperty("parameters", out JsonElement parameters))
                continue;
            int bytes = parameters.GetProperty("binary_data_size").GetInt32();
            if (one.GetProperty("name").GetString() == output)
                return MemoryMarshal.Cast<byte, float>(body.AsSpan(at, bytes)).ToArray();
            at += bytes;
        }
        throw new InvalidOperationException($"no tensor '{output}' in {Text}");
    }

    /// <summary>Checks KServe's error: a text that holds every one of the words.</summary>
    public void IsRefusal(int status, params string[] words)
    {
        Assert.True(Status == status, $"status {Status}, expected {status}: {Text}");
        string message = Json.GetProperty("error").GetString()!;
        Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
        Assert.NotEqual("", Header("x-request-id"));
    }

    private JsonElement Output(string name) =>
        Json.GetProperty("outputs").EnumerateArray().Single(output => output.GetProperty("name").GetString() == name);
}
