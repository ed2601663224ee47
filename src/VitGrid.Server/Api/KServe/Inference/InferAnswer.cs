using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using VitGrid.Server.Api.KServe.Models;
using VitGrid.Server.Api.Protocols;

namespace VitGrid.Server.Api.KServe.Inference;

/// <summary>The answer to a request for inference over HTTP: JSON, and binary tensors behind it where the client wants them.</summary>
internal static class InferAnswer
{
    /// <summary>The header that says how long the JSON before binary tensors is.</summary>
    public const string JsonLength = "Inference-Header-Content-Length";

    /// <summary>Bytes of JSON that are gathered before they are sent.</summary>
    private const int FlushBytes = 64 << 10;

    public static async Task WriteAsync(
        HttpResponse response, InferRequest request, EmbeddingAnswer answer, CancellationToken cancellationToken)
    {
        IReadOnlyList<OutputTensor> outputs = OutputTensor.From(request.Outputs, answer);
        HashSet<string> binary = BinaryOf(request, outputs);
        if (binary.Count == 0)
        {
            response.ContentType = "application/json";
            await using Utf8JsonWriter direct = new(response.BodyWriter);
            await WriteJsonAsync(direct, request, answer, outputs, binary, cancellationToken);
            return;
        }
        using MemoryStream json = new();
        await using (Utf8JsonWriter writer = new(json))
            await WriteJsonAsync(writer, request, answer, outputs, binary, cancellationToken);
        OutputTensor[] behind = [.. outputs.Where(output => binary.Contains(output.Name))];
        response.ContentType = "application/octet-stream";
        response.ContentLength = json.Length + behind.Sum(output => output.Bytes);
        response.Headers[JsonLength] = json.Length.ToString(CultureInfo.InvariantCulture);
        await response.Body.WriteAsync(json.GetBuffer().AsMemory(0, (int)json.Length), cancellationToken);
        foreach (ReadOnlyMemory<byte> piece in behind.SelectMany(output => output.Content))
            await response.Body.WriteAsync(piece, cancellationToken);
    }

    /// <summary>
    /// The outputs that go behind the JSON. Where one does hidden states do, since the JSON's length stands before it and they are no text
    /// to be gathered.
    /// </summary>
    private static HashSet<string> BinaryOf(InferRequest request, IReadOnlyList<OutputTensor> outputs)
    {
        bool all = request.Parameters.Any(said => said is { Name: "binary_data_output", Text: "true" });
        Dictionary<string, bool> said = [];
        foreach (InferOutput output in request.Outputs)
        {
            if (output.Parameters.FirstOrDefault(one => one.Name == "binary_data") is { Name: not null } one)
                said[output.Name] = one.Text == "true";
        }
        HashSet<string> binary = [.. outputs.Select(output => output.Name).Where(name => said.GetValueOrDefault(name, all))];
        if (binary.Count > 0)
            binary.Add(TensorFacts.LastHiddenState);
        return binary;
    }

    private static async Task WriteJsonAsync(
        Utf8JsonWriter json, InferRequest request, EmbeddingAnswer answer, IReadOnlyList<OutputTensor> outputs, HashSet<string> binary,
        CancellationToken cancellationToken)
    {
        json.WriteStartObject();
        if (request.Id is not null)
            json.WriteString("id"u8, request.Id);
        json.WriteString("model_name"u8, answer.Model.Name);
        json.WriteString("model_version"u8, ModelInPath.Version);
        json.WriteStartArray("outputs"u8);
        foreach (OutputTensor output in outputs)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, output.Name);
            json.WriteString("datatype"u8, TensorType.Single);
            json.WriteStartArray("shape"u8);
            foreach (long side in output.Shape)
                json.WriteNumberValue(side);
            json.WriteEndArray();
            if (binary.Contains(output.Name))
                WriteSize(json, output.Bytes);
            else
                await WriteDataAsync(json, output, cancellationToken);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
    }

    private static void WriteSize(Utf8JsonWriter json, long bytes)
    {
        json.WriteStartObject("parameters"u8);
        json.WriteNumber("binary_data_size"u8, bytes);
        json.WriteEndObject();
    }

    private static async Task WriteDataAsync(Utf8JsonWriter json, OutputTensor output, CancellationToken cancellationToken)
    {
        json.WriteStartArray("data"u8);
        foreach (ReadOnlyMemory<byte> piece in output.Content)
        {
            for (int at = 0; at < piece.Length; at += FlushBytes)
            {
                Write(json, piece.Span[at..Math.Min(at + FlushBytes, piece.Length)]);
                if (json.BytesPending > FlushBytes)
                    await json.FlushAsync(cancellationToken);
            }
        }
        json.WriteEndArray();

        static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> bytes)
        {
            foreach (float number in MemoryMarshal.Cast<byte, float>(bytes))
                json.WriteNumberValue(number);
        }
    }
}
