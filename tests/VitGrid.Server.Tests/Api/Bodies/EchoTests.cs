using System.Globalization;
using System.Text;
using System.Text.Json;

namespace VitGrid.Server.Tests.Api.Bodies;

/// <summary>A refusal quotes a client in short, whatever was sent in which field.</summary>
public sealed class EchoTests(SharedApi shared) : IClassFixture<SharedApi>
{
    private const int MaxAnswer = 2_000;

    private static readonly string Long = new('x', 1_000_000);

    public static TheoryData<string> Names =>
    [
        "model", "encoding_format", "dimensions", "pooling", "layer", "normalize", "normalized", "embedding_type", "priority", "timeout_ms",
        "cache", "preprocess", "exif", "on_error", "user", "late_chunking", "output_dimension", "output_dtype", "embedding_types",
        "embed_dtype", "image", "images", "image_url", "text", "texts", "poolin", "unknown", "input", "messages",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_megabyte_in_a_field_of_json_comes_back_as_a_few_words(string name)
    {
        string input = name is "input" or "messages" ? "" : $"\"input\":\"{Convert.ToBase64String(FakeGrid.Image(1))}\",";
        foreach (string value in (string[])[$"\"{Long}\"", $"\"crop{Long}+fast\"", $"{{\"type\":\"{Long}\"}}", $"[\"{Long}\"]"])
            await IsShortAsync(shared.TestApi.TextAsync($"{{{input}\"{name}\":{value}}}"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_megabyte_in_a_field_of_a_form_comes_back_as_a_few_words(string name)
    {
        using MultipartFormDataContent form =
            new() { { new ByteArrayContent(FakeGrid.Image(1)), "file", "a.png" }, { new StringContent(Long), name } };
        await IsShortAsync(shared.TestApi.SendAsync(form));
    }

    [Theory]
    [InlineData("{\"LONG\":1,\"input\":\"x\"}")]
    [InlineData("{\"input\":[{\"LONG\":1}]}")]
    [InlineData("{\"input\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"LONG\"}}]}")]
    [InlineData("{\"input\":\"data:LONG;base64,AAAA\"}")]
    [InlineData("{\"input\":\"https://LONG\"}")]
    [InlineData("{\"messages\":[{\"role\":\"LONG\",\"content\":\"LONG\"}]}")]
    [InlineData("LONG")]
    public async Task A_megabyte_at_an_odd_place_comes_back_as_a_few_words(string body) =>
        await IsShortAsync(shared.TestApi.TextAsync(body.Replace("LONG", Long, StringComparison.Ordinal)));

    [Fact]
    public async Task A_long_name_in_a_form_comes_back_as_a_few_words()
    {
        string name = new('n', 10_000);
        byte[] body = Encoding.UTF8.GetBytes($"--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\nx\r\n--b--\r\n");
        await IsShortAsync(shared.TestApi.RawAsync(body, "multipart/form-data; boundary=b"));
        StringBuilder many = new();
        for (int i = 0; i < 10_000; i++)
            many.Append(CultureInfo.InvariantCulture, $"--b\r\nContent-Disposition: form-data; name=f{i}\r\n\r\nx\r\n");
        Answer answer = await shared.TestApi.RawAsync(Encoding.UTF8.GetBytes($"{many}--b--\r\n"), "multipart/form-data; boundary=b");
        answer.IsRefusal(400, "invalid_request", null, "more than 256 fields");
    }

    private static async Task IsShortAsync(Task<Answer> asked)
    {
        Answer answer = await asked;
        Assert.True(answer.Body.Length < MaxAnswer, $"{answer.Status} with {answer.Body.Length:N0} characters");
        Assert.True(answer.Header("x-vitgrid-hint").Length < MaxAnswer, answer.Header("x-vitgrid-hint"));
        Assert.True(answer.Status is 200 or (>= 400 and < 500), answer.Body);
        Assert.Equal(JsonValueKind.Object, answer.Json.ValueKind);
    }
}
