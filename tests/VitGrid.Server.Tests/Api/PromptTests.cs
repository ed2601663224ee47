using FsCheck.Xunit;

namespace VitGrid.Server.Tests.Api;

/// <summary>Text beside images: refused where it asks for a vector, told where it is a prompt, never dropped in silence.</summary>
public sealed class PromptTests(SharedApi shared) : IClassFixture<SharedApi>
{
    private static readonly string Base64 = Convert.ToBase64String(FakeGrid.Image(1));
    private static readonly object Image = new { type = "image_url", image_url = new { url = $"data:image/png;base64,{Base64}" } };

    [Fact]
    public async Task VLlms_own_example_is_served_and_its_text_is_told()
    {
        Answer answer = await shared.TestApi.JsonAsync(new
        {
            model = "internvit-nano",
            messages = new object[]
            {
                new { role = "system", content = new object[] { Text("Represent the user's input.") } },
                new { role = "user", content = new object[] { Image, Text("Represent the given image.") } },
                new { role = "assistant", content = new object[] { Text("") } },
            },
            encoding_format = "float",
            continue_final_message = true,
            normalize = false,
        });
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal(FakeGrid.VectorOf(FakeGrid.Image(1)), answer.Vector(0));
        Assert.Equal(1, answer.Json.GetProperty("data").GetArrayLength());
        string[] hints = [.. answer.Json.GetProperty("hints").EnumerateArray().Select(hint => hint.GetString()!)];
        Assert.Contains(hints, hint => hint.Contains("'continue_final_message'", StringComparison.Ordinal));
        Assert.Contains(hints, hint => hint.Contains(
            "messages[0].content[0] ('Represent the user's input.') and 1 more", StringComparison.Ordinal));
        Assert.Equal(hints, answer.Message.Headers.GetValues("x-vitgrid-hint"));
    }

    [Property(MaxTest = 100)]
    public async Task<bool> No_text_among_the_inputs_is_dropped_in_silence(int seed)
    {
        Random random = new(seed);
        string words = $"words {random.Next()}";
        (string Body, bool IsPrompt) = random.Next(8) switch
        {
            0 => (Input($$"""{"image":"{{Base64}}","text":"{{words}}"}"""), false),
            1 => (Input($$$"""{"type":"image_url","image_url":{"url":"{{{Base64}}}"},"text":"{{{words}}}"}"""), false),
            2 => (Input($$"""{"text":"{{words}}","image":"data:image/png;base64,{{Base64}}"}"""), false),
            3 => (Input($$"""{"type":"text","text":"{{words}}"}"""), false),
            4 => (Input($$"""{"content":[{"image":"{{Base64}}"},{"type":"text","text":"{{words}}"}]}"""), false),
            5 => (Messages($$"""{"role":"user","content":[{"type":"text","text":"{{words}}"}]}"""), false),
            6 => (Messages($$"""{"role":"system","content":"{{words}}"},{"role":"user","content":[{"image":"{{Base64}}"}]}"""), true),
            _ => (Messages($$"""{"role":"user","content":[{"type":"text","text":"{{words}}"},{"image":"{{Base64}}"}]}"""), true),
        };
        Answer answer = await shared.TestApi.TextAsync(Body);
        return IsPrompt
            ? answer.Status == 200 && answer.Header("x-vitgrid-hint").Contains(words, StringComparison.Ordinal)
            : answer.Status == 400 && answer.Error.GetProperty("code").GetString() == "unsupported_modality";
    }

    [Theory]
    [InlineData("""{"image":"IMAGE","text":"a red dress"}""", "unsupported_modality", "holds text ('a red dress') beside its image")]
    [InlineData("""{"image":"IMAGE","text":5}""", "unsupported_modality", "beside its image")]
    [InlineData("""{"image":"IMAGE","image_url":"IMAGE"}""", "invalid_request", "more than one of image and image_url")]
    [InlineData("""{"image":"IMAGE","image":"IMAGE"}""", "invalid_request", "more than one")]
    [InlineData("""{"type":"video_url","image_url":"IMAGE"}""", "invalid_request", "'video_url' and holds an image")]
    [InlineData("""{"type":"video_url","video_url":{"url":"x"}}""", "unsupported_modality", "'video_url'")]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"x"}}""", "unsupported_modality", "'input_audio'")]
    public async Task An_item_that_asks_for_more_than_an_image_is_refused(string item, string code, string told) =>
        (await shared.TestApi.TextAsync(Input(item.Replace("IMAGE", Base64, StringComparison.Ordinal)))).IsRefusal(
            400, code, "input[0]", told);

    [Theory]
    [InlineData("""{"image":"IMAGE","text":""}""", "")]
    [InlineData("""{"image":"IMAGE","text":null}""", "")]
    [InlineData("""{"type":"image_url","image_url":{"url":"IMAGE","detail":"auto"}}""", "")]
    [InlineData("""{"type":"image_url","image_url":{"url":"IMAGE","detail":"high"}}""", "'input[0].image_url.detail'")]
    [InlineData("""{"image":"IMAGE","id":"x","crop":true}""", "'input[0].id', 'input[0].crop'")]
    [InlineData("""{"type":"input_image","image_url":"IMAGE"}""", "")]
    public async Task What_an_item_says_more_is_told_unless_it_says_nothing(string item, string told)
    {
        Answer answer = await shared.TestApi.TextAsync(Input(item.Replace("IMAGE", Base64, StringComparison.Ordinal)));
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal(told.Length == 0 ? "" : $"not read here: {told}", answer.Header("x-vitgrid-hint"));
        Assert.Equal(told.Length > 0, answer.Json.TryGetProperty("hints", out _));
    }

    [Theory]
    [InlineData("""{"role":"system","content":"Represent the image."}""")]
    [InlineData("""{"role":"system","content":[{"type":"text","text":"Represent the image."}]}""")]
    public async Task Prompts_without_an_image_are_refused_as_text(string message) =>
        (await shared.TestApi.TextAsync(Messages(message))).IsRefusal(400, "unsupported_modality", "messages", "text and no image");

    [Fact]
    public async Task Unknown_names_are_told_in_bounded_number_and_in_ascii()
    {
        Dictionary<string, object> body = Enumerable.Range(0, 100).ToDictionary(i => $"größe-{i}", object (i) => i);
        body["input"] = Base64;
        body["user"] = "tenant-7";
        Answer answer = await shared.TestApi.JsonAsync(body);
        Assert.Equal(200, answer.Status);
        Assert.StartsWith("not read here: 'gr??e-0', 'gr??e-1', ", answer.Header("x-vitgrid-hint"), StringComparison.Ordinal);
        Assert.EndsWith("and 92 more", answer.Header("x-vitgrid-hint"), StringComparison.Ordinal);
        Assert.Contains("größe-0", answer.Json.GetProperty("hints")[0].GetString(), StringComparison.Ordinal);
    }

    private static object Text(string text) => new { type = "text", text };

    private static string Input(string item) => $$"""{"input":[{{item}}]}""";

    private static string Messages(string messages) => $$"""{"messages":[{{messages}}]}""";
}
