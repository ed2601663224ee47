using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Microsoft.AspNetCore.Http;
using VitGrid.Fuzz.Mutations;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.KServe.Inference;
using VitGrid.Server.Api.KServe.Rpc;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Fuzz.Targets;

/// <summary>Bodies of KServe's <c>infer</c>: in two bytes the length of the JSON, which a header has, the JSON, binary tensors.</summary>
internal sealed class InferTarget : FuzzTarget
{
    private const int LengthBytes = sizeof(ushort);

    private readonly InferReader _reader = new(new());

    public override string Name => "infer";

    public override long UsualBytes => 1 << 20;

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        Seed("""{"inputs":[{"name":"image","shape":[2],"datatype":"BYTES","data":["R0lGODlh","data:image/gif;base64,R0lGODlh"]}]}"""),
        Seed("""
            {"id":"1","parameters":{"timeout":1000,"pooling":"mean","binary_data_output":true},"inputs":[{"name":"image","shape":[2,1],
            "datatype":"BYTES","parameters":{"binary_data_size":16}}],"outputs":[{"name":"embedding","parameters":{"binary_data":true}}]}
            """, 4, 0, 0, 0, 1, 2, 3, 4, 4, 0, 0, 0, 5, 6, 7, 200),
    ];

    public override byte[] Mutate(Random random, byte[] seed)
    {
        int length = BinaryPrimitives.ReadUInt16LittleEndian(seed);
        byte[] json = JsonMutation.Change(random, seed[LengthBytes..(LengthBytes + length)]);
        byte[] binary = seed[(LengthBytes + length)..];
        if (binary.Length > 0 && random.Next(2) == 0)
            binary = ByteMutation.Change(random, binary, 0);
        byte[] changed = [0, 0, .. json, .. binary];
        BinaryPrimitives.WriteUInt16LittleEndian(changed, (ushort)json.Length);
        return changed;
    }

    public override Depth Read(byte[] input)
    {
        if (input.Length < LengthBytes)
            return Depth.Header;
        int length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(input), input.Length - LengthBytes);
        Memory<byte> json = input.AsMemory(LengthBytes, length), binary = input.AsMemory(LengthBytes + length);
        byte[] kept = json.ToArray();
        try
        {
            RequestNotes notes = new();
            InferRequest request = InferJson.Read(json, binary, notes);
            using SharedBuffer buffer = SharedBuffer.Rent(1, BodyShare.Unbounded);
            using ParsedRequest read = _reader.Read(new DefaultHttpContext(), "m", request, null, buffer, notes, _ => { });
            return Depth.Beyond;
        }
        catch (ApiException)
        {
            return IsJson(kept) ? Depth.Beyond : Depth.Header;
        }
    }

    private static bool IsJson(byte[] text)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static byte[] Seed(string json, params byte[] binary)
    {
        byte[] text = Encoding.UTF8.GetBytes(json);
        byte[] seed = [0, 0, .. text, .. binary];
        BinaryPrimitives.WriteUInt16LittleEndian(seed, (ushort)text.Length);
        return seed;
    }
}

/// <summary>Messages of <c>ModelInfer</c>.</summary>
internal sealed class RpcTarget : FuzzTarget
{
    private readonly InferReader _reader = new(new());

    public override string Name => "rpc";

    public override long UsualBytes => 1 << 20;

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        new ModelInferRequest
        {
            ModelName = "m",
            Parameters = { ["timeout"] = new() { Int64Param = 5 }, ["pooling"] = new() { StringParam = "mean" } },
            Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "image", Datatype = "BYTES", Shape = { 1, 1 } } },
            Outputs = { new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "embedding" } },
            RawInputContents = { ByteString.CopyFrom(4, 0, 0, 0, 1, 2, 3, 200) },
        }.ToByteArray(),
        new ModelInferRequest
        {
            ModelName = "m",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "image",
                    Datatype = "BYTES",
                    Shape = { 2 },
                    Contents = new() { BytesContents = { ByteString.CopyFromUtf8("R0lGODlh"), ByteString.CopyFrom(1, 200) } },
                },
            },
        }.ToByteArray(),
    ];

    /// <summary>Mostly changes what a message says: changed bytes break its frame, which protobuf's own parser refuses.</summary>
    public override byte[] Mutate(Random random, byte[] seed)
    {
        if (random.Next(4) == 0)
            return ByteMutation.Change(random, seed, 0);
        ModelInferRequest message = ModelInferRequest.Parser.ParseFrom(seed);
        ModelInferRequest.Types.InferInputTensor tensor = message.Inputs[0];
        for (int i = random.Next(1, 4); i > 0; i--)
            ChangeOnce(random, message, tensor);
        return message.ToByteArray();
    }

    private static void ChangeOnce(Random random, ModelInferRequest message, ModelInferRequest.Types.InferInputTensor tensor)
    {
        switch (random.Next(7))
        {
            case 0:
                tensor.Name = Changed(random, tensor.Name);
                break;
            case 1:
                tensor.Datatype = Changed(random, tensor.Datatype);
                break;
            case 2:
                tensor.Shape[random.Next(tensor.Shape.Count)] = random.NextInt64(-2, 1L << random.Next(3, 63));
                break;
            case 3:
                message.Parameters[Changed(random, "timeout")] = new() { StringParam = Changed(random, "mean") };
                break;
            case 4:
                message.Inputs.Add(tensor.Clone());
                break;
            case 5:
                message.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = Changed(random, "embedding") });
                break;
            default:
                ChangeElements(random, message.RawInputContents.Count > 0 ? message.RawInputContents : tensor.Contents.BytesContents);
                break;
        }
    }

    private static void ChangeElements(Random random, RepeatedField<ByteString> elements)
    {
        int at = random.Next(elements.Count);
        elements[at] = ByteString.CopyFrom(ByteMutation.Change(random, elements[at].Span, 0));
    }

    private static string Changed(Random random, string text) => random.Next(3) == 0
        ? text : Encoding.Latin1.GetString(ByteMutation.Change(random, Encoding.Latin1.GetBytes(text), 0));

    public override Depth Read(byte[] input)
    {
        try
        {
            RpcInferCodec codec = new(_reader, ModelInferRequest.Parser.ParseFrom(input), null);
            using ParsedRequest read = codec.ReadAsync(
                new DefaultHttpContext().Request, _ => { }, CancellationToken.None).GetAwaiter().GetResult();
            return Depth.Beyond;
        }
        catch (InvalidProtocolBufferException)
        {
            return Depth.Header;
        }
        catch (ApiException)
        {
            return Depth.Beyond;
        }
    }
}
