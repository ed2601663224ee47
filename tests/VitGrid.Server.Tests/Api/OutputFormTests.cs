using System.Buffers.Binary;
using System.Text.Json;
using VitGrid.Server.Api.Answers;

namespace VitGrid.Server.Tests.Api;

public sealed class OutputFormTests
{
    private static readonly string[] Input = [Convert.ToBase64String(FakeGrid.Image(1)), Convert.ToBase64String(FakeGrid.Image(2))];
    private static readonly float[] Unit = VectorEncoding.Normalize(FakeGrid.VectorOf(FakeGrid.Image(1)));

    [Fact]
    public async Task The_answer_has_the_shape_of_the_contract()
    {
        await using TestApi door = await TestApi.OpenAsync();
        long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        JsonElement json = (await door.JsonAsync(new { input = Input })).Json;
        Assert.Equal(["object", "data", "model", "usage", "id", "created"], json.EnumerateObject().Select(property => property.Name));
        Assert.Equal(["object", "index", "embedding"], json.GetProperty("data")[0].EnumerateObject().Select(property => property.Name));
        Assert.Equal("list", json.GetProperty("object").GetString());
        Assert.Equal("embedding", json.GetProperty("data")[1].GetProperty("object").GetString());
        Assert.Equal("internvit-nano", json.GetProperty("model").GetString());
        Assert.Equal($$"""{"prompt_tokens":{{2 * FakeGrid.Tokens}},"total_tokens":{{2 * FakeGrid.Tokens}},"images":2}""", json.GetProperty(
            "usage").GetRawText());
        Assert.Matches("^emb-[0-9a-f]{32}$", json.GetProperty("id").GetString());
        Assert.InRange(json.GetProperty("created").GetInt64(), before, before + 60);
    }

    [Fact]
    public async Task Float_and_base64_hold_the_same_bits()
    {
        await using TestApi door = await TestApi.OpenAsync();
        float[] numbers = (await door.JsonAsync(new { input = Input })).Vector(0);
        byte[] bytes = (await door.JsonAsync(new { input = Input, encoding_format = "base64" })).Bytes(0);
        Assert.Equal(Unit, numbers);
        Assert.Equal(4 * FakeGrid.Width, bytes.Length);
        for (int i = 0; i < numbers.Length; i++)
            Assert.Equal(BitConverter.SingleToInt32Bits(numbers[i]), BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4 * i)));
    }

    [Theory]
    [InlineData("float16", FakeGrid.Width, 2 * FakeGrid.Width)]
    [InlineData("int8", FakeGrid.Width, FakeGrid.Width)]
    [InlineData("uint8", FakeGrid.Width, FakeGrid.Width)]
    [InlineData("binary", 1, 1)]
    [InlineData("ubinary", 1, 1)]
    public async Task Every_embedding_type_has_its_length_as_numbers_and_as_bytes(string type, int numbers, int bytes)
    {
        await using TestApi door = await TestApi.OpenAsync();
        Assert.Equal(numbers, (await door.JsonAsync(new { input = Input, embedding_type = type })).Vector(0).Length);
        Assert.Equal(bytes, (await door.JsonAsync(new { input = Input, embedding_type = type, encoding_format = "base64" })).Bytes(
            0).Length);
    }

    [Fact]
    public async Task Without_normalize_the_vector_is_the_grids_own()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Assert.Equal(FakeGrid.VectorOf(FakeGrid.Image(2)), (await door.JsonAsync(new { input = Input, normalize = false })).Vector(1));
    }

    [Fact]
    public async Task Headers_tell_cache_hits_and_the_longest_time_in_each_stage()
    {
        await using TestApi door = await TestApi.OpenAsync();
        door.Grid.Answer = (request, _) => Task.FromResult(
            FakeGrid.Result(FakeGrid.VectorOf(request.Image.Span), request.Image.Span[0] == FakeGrid.Image(1)[0]));
        Answer answer = await door.JsonAsync(new { input = Input.Append(Input[0]) });
        Assert.Equal("hit=2,miss=1", answer.Header("x-vitgrid-cache"));
        Assert.Equal("fetch;dur=0, decode;dur=2.5, cache;dur=1, queue;dur=3, infer;dur=4", answer.Header("Server-Timing"));
    }

    [Fact]
    public async Task A_vector_with_nan_is_an_internal_error_and_not_bad_json()
    {
        await using TestApi door = await TestApi.OpenAsync();
        door.Grid.Answer = (_, _) => Task.FromResult(FakeGrid.Result([1, float.NaN]));
        foreach (bool normalize in (bool[])[true, false])
            (await door.JsonAsync(new { input = Input, normalize })).IsRefusal(500, "internal_error", null, "request id");
        Assert.Contains(door.Logs.Lines, line => line.Message.Contains("failed unexpectedly", StringComparison.Ordinal));
    }
}
