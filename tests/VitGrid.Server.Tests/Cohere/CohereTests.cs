using System.Text;
using System.Text.Json;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Tests.Access;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.Cohere;

/// <summary><c>POST /v2/embed</c>, as Cohere's clients write and read it.</summary>
public sealed class CohereTests
{
    private static readonly string[] Two = [Uri(FakeGrid.Image(1)), Uri(FakeGrid.Image(2))];

    [Fact]
    public async Task Images_come_back_in_every_type_that_is_asked_for()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer answer = await SendAsync(door, new
        {
            model = "internvit-nano",
            input_type = "image",
            images = Two,
            embedding_types = (string[])["float", "int8", "uint8", "binary", "ubinary", "base64"],
        });
        JsonElement embeddings = answer.Json.GetProperty("embeddings");
        Assert.Equal((200, "embeddings_by_type"), (answer.Status, answer.Json.GetProperty("response_type").GetString()));
        Assert.Equal(2, answer.Json.GetProperty("meta").GetProperty("billed_units").GetProperty("images").GetInt32());
        float[] expected = VectorEncoding.Normalize(FakeGrid.VectorOf(FakeGrid.Image(2)));
        Assert.Equal(expected, Numbers(embeddings, "float"));
        byte[] base64 = embeddings.GetProperty("base64")[1].GetBytesFromBase64();
        Assert.Equal(expected, Enumerable.Range(0, FakeGrid.Width).Select(i => BitConverter.ToSingle(base64, i * sizeof(float))));
        foreach (string type in (string[])["int8", "uint8", "binary", "ubinary"])
        {
            Answer openAi = await door.JsonAsync(new { input = Two, embedding_type = type });
            Assert.Equal(openAi.Vector(1), Numbers(embeddings, type));
        }
    }

    [Fact]
    public async Task Inputs_hold_an_image_each()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer answer = await SendAsync(door, new
        {
            model = "internvit-nano",
            input_type = "image",
            inputs = Two.Select(url => new { content = (object[])[new { type = "image_url", image_url = new { url } }] }),
        });
        Assert.Equal(
            VectorEncoding.Normalize(FakeGrid.VectorOf(FakeGrid.Image(2))), Numbers(answer.Json.GetProperty("embeddings"), "float"));
        Assert.Equal("", answer.Header("x-vitgrid-hint"));
    }

    [Theory]
    [InlineData("{}", 400, "images are missing")]
    [InlineData("[]", 400, "object")]
    [InlineData("{\"images\":\"x\"}", 400, "array")]
    [InlineData("{\"images\":[7]}", 400, "images[0]")]
    [InlineData("{\"images\":[\"data:image/png;base64,%%%\"]}", 400, "images[0]")]
    [InlineData("{\"images\":[\"a red house\"]}", 400, "images[0]")]
    [InlineData("{\"images\":[\"HTTPS://example.test/a.png\"]}", 400, "images[0]")]
    [InlineData("{\"texts\":[\"a red house\"]}", 400, "texts[0] is text ('a red house')")]
    [InlineData("{\"texts\":[7]}", 400, "texts[0]")]
    [InlineData("{\"texts\":[\"a\"],\"truncate\":\"START\"}", 400, "'START'")]
    [InlineData("{\"texts\":[\"a\"],\"images\":[\"a\"]}", 400, "both texts and images")]
    [InlineData("{\"inputs\":[{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}]}", 400, "inputs[0].content[0].text is text")]
    [InlineData("{\"inputs\":[{\"content\":[]}]}", 400, "one part")]
    [InlineData("{\"images\":[],\"inputs\":[]}", 400, "both")]
    [InlineData("{\"images\":[],\"embedding_types\":[\"half\"]}", 400, "'half'")]
    [InlineData("{\"images\":[],\"output_dimension\":0}", 400, "output_dimension")]
    [InlineData("{\"images\":[],\"model\":\"other\"}", 404, "'other'")]
    [InlineData("{\"images\":[", 400, "not valid JSON")]
    public async Task What_is_not_served_is_refused_in_coheres_shape(string body, int status, string word)
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer answer = await SendAsync(door, body);
        Assert.Equal(status, answer.Status);
        Assert.Contains(word, answer.Json.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(door.Grid.Asked);
    }

    [Fact]
    public async Task An_upper_case_data_uri_that_is_broken_is_an_image_that_is_refused_and_never_text()
    {
        await using TestApi door = await TestApi.OpenAsync();
        door.Grid.Answer = (_, _) => throw new ImageException(ImageFault.DecodeFailed, "no image");
        Assert.Equal(400, (await SendAsync(door, new { images = (string[])["DATA:IMAGE/PNG;BASE64,AAAA"] })).Status);
    }

    [Fact]
    public async Task Fields_of_coheres_own_queues_are_passed_over_and_others_are_told()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer answer = await SendAsync(door, new { images = Two, input_type = "image", truncate = "END", priority = 3, odd = 1 });
        Assert.Equal(200, answer.Status);
        Assert.Equal("not read here: 'odd'", answer.Header("x-vitgrid-hint"));
    }

    [Fact]
    public async Task Without_a_key_the_refusal_is_a_message()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        using StringContent content = new("{}", Encoding.UTF8, "application/json");
        Answer answer = await api.SendAsync(new(HttpMethod.Post, "/v2/embed") { Content = content }, null);
        Assert.Equal(401, answer.Status);
        Assert.Contains("API key", answer.Json.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static Task<Answer> SendAsync(TestApi door, object body) => door.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/v2/embed")
    {
        Content = new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
    });

    private static string Uri(byte[] image) => $"data:image/png;base64,{Convert.ToBase64String(image)}";

    private static float[] Numbers(JsonElement embeddings, string type) =>
        [.. embeddings.GetProperty(type)[1].EnumerateArray().Select(number => number.GetSingle())];
}
