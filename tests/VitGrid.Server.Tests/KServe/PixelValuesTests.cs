using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.KServe.Rpc;
using VitGrid.Server.Tests.Api;
using VitGrid.Server.Tests.KServe.Rpc;

namespace VitGrid.Server.Tests.KServe;

/// <summary>The input <c>pixel_values</c>: its forms on the way to the grid, and what is refused.</summary>
public sealed class PixelValuesTests
{
    private const int Side = 112, Samples = 3 * Side * Side;

    private static readonly float[] Planes = [.. Enumerable.Range(0, 2 * Samples).Select(i => (i % 500 / 100f) - 2.5f)];

    [Theory]
    [InlineData("FP32")]
    [InlineData("FP16")]
    public async Task Binary_numbers_go_to_the_grid_as_they_are(string datatype)
    {
        await using TestApi door = await TestApi.OpenAsync();
        byte[] bytes = datatype == "FP32" ? MemoryMarshal.AsBytes(Planes.AsSpan()).ToArray()
            : MemoryMarshal.AsBytes(Array.ConvertAll(Planes, number => (Half)number).AsSpan()).ToArray();
        InferCall call = Call(new JsonArray(2, 3, Side, Side), datatype);
        call.Json["inputs"]![0]!["parameters"] = new JsonObject { ["binary_data_size"] = bytes.Length };
        call.Binary.AddRange(bytes);
        TensorAnswer answer = await call.SendAsync(door);
        Assert.Equal([2, FakeGrid.Width], answer.Shape("embedding"));
        EmbeddingRequest[] asked = [.. door.Grid.Asked.OrderBy(
            request => request.Image.Span.SequenceEqual(bytes.AsSpan(0, bytes.Length / 2)) ? 0 : 1)];
        Assert.All(asked, request => Assert.Equal(datatype == "FP32" ? ImageForm.SinglePlanes : ImageForm.HalfPlanes, request.Form));
        Assert.Equal(bytes, asked.SelectMany(request => request.Image.ToArray()));
    }

    [Fact]
    public async Task Numbers_in_json_are_read_flat_or_nested_and_over_grpc_in_lists()
    {
        await using RpcServer server = await RpcServer.OpenAsync();
        InferCall flat = Call(new JsonArray(1, 3, Side, Side)), nested = Call(new JsonArray(1, 3, Side, Side));
        flat.Json["inputs"]![0]!["data"] = new JsonArray([.. Planes[..Samples].Select(number => JsonValue.Create(number))]);
        nested.Json["inputs"]![0]!["data"] = new JsonArray(new JsonArray([.. Planes[..Samples].Chunk(Side * Side).Select(
            plane => new JsonArray([.. plane.Select(number => JsonValue.Create(number))]))]));
        Assert.Equal(200, (await flat.SendAsync(server.Door)).Status);
        Assert.Equal(200, (await nested.SendAsync(server.Door)).Status);
        await server.Client.ModelInferAsync(new()
        {
            ModelName = "internvit-nano",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "pixel_values",
                    Datatype = "FP32",
                    Shape = { 1, 3, Side, Side },
                    Contents = new() { Fp32Contents = { Planes[..Samples] } },
                },
            },
        });
        Assert.Equal(3, server.Door.Grid.Asked.Count);
        Assert.All(server.Door.Grid.Asked, request => Assert.Equal(
            Planes[..Samples], MemoryMarshal.Cast<byte, float>(request.Image.Span).ToArray()));
    }

    [Theory]
    [InlineData("[1,3,112]", "FP32", "[1, 3, 112]")]
    [InlineData("[1,3,448,448]", "FP32", "[N, 3, 112, 112]")]
    [InlineData("[0,3,112,112]", "FP32", "1 to 256")]
    [InlineData("[1,3,112,112]", "FP64", "FP32 or FP16")]
    [InlineData("[9223372036854775807,3,112,112]", "FP32", "1 to 256")]
    [InlineData("[256,3,112,112]", "FP32", "fewer elements than")]
    [InlineData("[1,3,112,112]", "FP32", "fewer elements than")]
    public async Task Other_shapes_types_and_lengths_are_refused_by_name(string shape, string datatype, string word)
    {
        await using TestApi door = await TestApi.OpenAsync();
        InferCall call = Call(JsonNode.Parse(shape)!.AsArray(), datatype);
        call.Json["inputs"]![0]!["data"] = new JsonArray(1, 2);
        (await call.SendAsync(door)).IsRefusal(400, word);
        Assert.Empty(door.Grid.Asked);
    }

    [Fact]
    public async Task Bytes_that_do_not_fit_numbers_that_are_none_and_preparing_again_are_refused()
    {
        await using TestApi door = await TestApi.OpenAsync();
        InferCall cut = Call(new JsonArray(1, 3, Side, Side)), words = Call(new JsonArray(1, 3, Side, Side));
        cut.Json["inputs"]![0]!["parameters"] = new JsonObject { ["binary_data_size"] = 8 };
        cut.Binary.AddRange(new byte[8]);
        words.Json["inputs"]![0]!["data"] = new JsonArray([.. Enumerable.Range(0, Samples).Select(_ => JsonValue.Create("aa"))]);
        (await cut.SendAsync(door)).IsRefusal(400, "8 bytes", "150528");
        (await words.SendAsync(door)).IsRefusal(400, "element 0", "send numbers");
        (await words.With("preprocess", "squash").SendAsync(door)).IsRefusal(400, "prepared already");
        Assert.Empty(door.Grid.Asked);
    }

    private static InferCall Call(JsonArray shape, string datatype = "FP32") => InferCall.OfInput(
        new() { ["name"] = "pixel_values", ["datatype"] = datatype, ["shape"] = shape });
}
