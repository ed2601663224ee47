using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace VitGrid.LoadTest.Protocols;

/// <summary>One way of asking for an image's vector. Any thread may call.</summary>
internal interface IProtocolWay
{
    /// <summary>What it is called in the report.</summary>
    string Name { get; }

    /// <summary>Asks for the vector of an image file; no cache may answer.</summary>
    /// <exception cref="Exception">It was refused, or is no answer.</exception>
    Task<float[]> EmbedAsync(byte[] image, CancellationToken cancellationToken);
}

/// <summary>The file as the body of <c>POST /v1/embeddings</c>.</summary>
internal sealed class OpenAiWay(HttpClient http) : IProtocolWay
{
    private static readonly Uri Path = new("v1/embeddings?cache=bypass&encoding_format=base64", UriKind.Relative);
    private static readonly MediaTypeHeaderValue Jpeg = new("image/jpeg");

    public string Name => "OpenAI, HTTP";

    public async Task<float[]> EmbedAsync(byte[] image, CancellationToken cancellationToken)
    {
        using ByteArrayContent content = new(image) { Headers = { ContentType = Jpeg } };
        using HttpResponseMessage response = await http.PostAsync(Path, content, cancellationToken);
        byte[] body = await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancellationToken);
        using JsonDocument json = JsonDocument.Parse(body);
        byte[] vector = json.RootElement.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        return MemoryMarshal.Cast<byte, float>(vector).ToArray();
    }
}

/// <summary>The file as a binary tensor of <c>POST /v2/models/MODEL/infer</c>.</summary>
internal sealed class KServeHttpWay(HttpClient http, string model) : IProtocolWay
{
    private const string JsonLength = "Inference-Header-Content-Length";

    private readonly Uri _path = new($"v2/models/{model}/infer", UriKind.Relative);

    public string Name => "KServe, HTTP";

    public async Task<float[]> EmbedAsync(byte[] image, CancellationToken cancellationToken)
    {
        byte[] tensor = Tensor.From(image);
        byte[] json = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $$$"""
            {"parameters":{"cache":"bypass","binary_data_output":true},"inputs":[{"name":"image","shape":[1],"datatype":"BYTES",
            "parameters":{"binary_data_size":{{{tensor.Length}}}}}]}
            """));
        using ByteArrayContent content = new([.. json, .. tensor]);
        content.Headers.Add(JsonLength, json.Length.ToString(CultureInfo.InvariantCulture));
        using HttpResponseMessage response = await http.PostAsync(_path, content, cancellationToken);
        byte[] body = await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancellationToken);
        int length = int.Parse(response.Headers.GetValues(JsonLength).Single(), CultureInfo.InvariantCulture);
        return MemoryMarshal.Cast<byte, float>(body.AsSpan(length)).ToArray();
    }
}

/// <summary>
/// The file as a raw tensor of <c>ModelInfer</c>; messages are written by hand, as the protocol's file describes them, and straight into
/// what is sent, as generated code does.
/// </summary>
internal sealed class KServeGrpcWay(GrpcChannel channel, string model) : IProtocolWay
{
    private const int RawInputs = 7;
    private const int RawOutputs = 6;

    private static readonly Method<ReadOnlyMemory<byte>[], byte[]> Infer = new(
        MethodType.Unary, "inference.GRPCInferenceService", "ModelInfer",
        Marshallers.Create<ReadOnlyMemory<byte>[]>(Serialize, _ => throw new NotSupportedException()),
        Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes));

    private readonly CallInvoker _calls = channel.CreateCallInvoker();
    private readonly byte[] _head = Head(model);

    public string Name => "KServe, gRPC";

    public async Task<float[]> EmbedAsync(byte[] image, CancellationToken cancellationToken)
    {
        byte[] tensor = Tensor.From(image);
        byte[] length = Message(message =>
        {
            message.WriteTag(RawInputs, WireFormat.WireType.LengthDelimited);
            message.WriteLength(tensor.Length);
        });
        byte[] response = await _calls.AsyncUnaryCall(
            Infer, null, new CallOptions(cancellationToken: cancellationToken), [_head, length, tensor]);
        return Vector(response);
    }

    /// <summary>What stands before the tensor: model_name 1, parameters 4, inputs 5.</summary>
    private static byte[] Head(string model)
    {
        byte[] bypass = Message(message => Text(message, 3, "bypass"));
        byte[] parameter = Message(message =>
        {
            Text(message, 1, "cache");
            Inner(message, 2, bypass);
        });
        byte[] input = Message(message =>
        {
            Text(message, 1, "image");
            Text(message, 2, "BYTES");
            Inner(message, 3, [1]);
        });
        return Message(message =>
        {
            Text(message, 1, model);
            Inner(message, 4, parameter);
            Inner(message, 5, input);
        });
    }

    private static void Serialize(ReadOnlyMemory<byte>[] parts, SerializationContext context)
    {
        context.SetPayloadLength(parts.Sum(part => part.Length));
        foreach (ReadOnlyMemory<byte> part in parts)
            context.GetBufferWriter().Write(part.Span);
        context.Complete();
    }

    private static float[] Vector(byte[] response)
    {
        CodedInputStream message = new(response);
        for (uint tag = message.ReadTag(); tag != 0; tag = message.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) == RawOutputs)
                return MemoryMarshal.Cast<byte, float>(message.ReadBytes().Span).ToArray();
            message.SkipLastField();
        }
        throw new InvalidDataException("the answer has no raw_output_contents");
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using MemoryStream bytes = new();
        using (CodedOutputStream message = new(bytes, leaveOpen: true))
            write(message);
        return bytes.ToArray();
    }

    private static void Text(CodedOutputStream message, int field, string text)
    {
        message.WriteTag(field, WireFormat.WireType.LengthDelimited);
        message.WriteString(text);
    }

    private static void Inner(CodedOutputStream message, int field, byte[] inner)
    {
        message.WriteTag(field, WireFormat.WireType.LengthDelimited);
        message.WriteBytes(UnsafeByteOperations.UnsafeWrap(inner));
    }
}

/// <summary>A tensor of one element of bytes.</summary>
internal static class Tensor
{
    /// <summary>The element behind its length.</summary>
    public static byte[] From(byte[] image)
    {
        byte[] tensor = new byte[sizeof(int) + image.Length];
        BinaryPrimitives.WriteInt32LittleEndian(tensor, image.Length);
        image.CopyTo(tensor.AsSpan(sizeof(int)));
        return tensor;
    }
}
