namespace VitGrid.Server.Tests.Api;

public sealed class InputRefusalTests
{
    private static readonly string Good = Convert.ToBase64String(FakeGrid.Image(1));

    [Theory]
    [InlineData("""{"input":"a photo of a cat"}""", "unsupported_modality", "input[0]", "'a photo of a cat'", "images, not text")]
    [InlineData("""{"input":"test"}""", "unsupported_modality", "input[0]", "'test'", "send a data:image/")]
    [InlineData("""{"input":["two words that would be base64 when blanks did not count ab"]}""", "unsupported_modality", "input[0]",
        "is text", "base64")]
    [InlineData("""{"input":[1,2,3]}""", "unsupported_modality", "input[0]", "an array of 3 token ids", "images, not text")]
    [InlineData("""{"input":[[1,2,3]]}""", "unsupported_modality", "input[0]", "an array of 3 token ids", "data:image/")]
    [InlineData("""{"input":[{"type":"text","text":"a cat"}]}""", "unsupported_modality", "input[0]", "is text", "images, not text")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"a cat"}]}]}""", "unsupported_modality",
        "messages[0].content[0]", "is text", "images, not text")]
    [InlineData("""{"messages":[{"role":"user","content":"a cat"}]}""", "unsupported_modality", "messages[0].content", "is text",
        "data:image/")]
    [InlineData("""{"input":"data:text/plain;base64,aGVsbG8="}""", "unsupported_modality", "input[0]", "'text/plain'", "data:image/")]
    [InlineData("""{"input":"data:image/png,abc"}""", "invalid_request", "input[0]", "without ';base64,'", "data:image/")]
    [InlineData("""{"input":"data:image/png;base64"}""", "invalid_request", "input[0]", "without ';base64,'", "data:image/")]
    [InlineData("""{"input":"data:image/png;base64,"}""", "image_decode_failed", "input[0]", "empty", "image file")]
    [InlineData("""{"input":"data:image/png;base64,AAAA*AAA"}""", "image_decode_failed", "input[0]", "after character 5", "base64")]
    [InlineData("""{"input":""}""", "image_decode_failed", "input[0]", "empty", "image file")]
    [InlineData("""{"input":"https://example.org/a.png"}""", "url_not_allowed", "input[0]", "'https://example.org/a.png'", "base64")]
    [InlineData("""{"input":{"image":"http://example.org/a.png"}}""", "url_not_allowed", "input[0]", "fetches none", "base64")]
    [InlineData("""{"input":[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]}""", "url_not_allowed", "input[0]",
        "fetches none", "base64")]
    [InlineData("""{"input":[null]}""", "invalid_request", "input[0]", "null", "base64")]
    [InlineData("""{"input":true}""", "invalid_request", "input[0]", "a boolean", "base64")]
    [InlineData("""{"input":[{"image":5}]}""", "invalid_request", "input[0]", "a number", "base64")]
    [InlineData("""{"input":[{"picture":"x"}]}""", "invalid_request", "input[0]", "an object", "base64")]
    [InlineData("""{"input":[]}""", "invalid_request", "input", "empty", "at least one")]
    [InlineData("""{"messages":[]}""", "invalid_request", "messages", "empty", "at least one")]
    [InlineData("""{"messages":"x"}""", "invalid_request", "messages", "a string", "array of objects")]
    [InlineData("""{}""", "invalid_request", "input", "missing", "data URI")]
    [InlineData("""{"input":null}""", "invalid_request", "input", "missing", "data URI")]
    [InlineData("""{"input":"x","messages":[]}""", "invalid_request", "input", "both", "one of them")]
    [InlineData("""["x"]""", "invalid_request", null, "Array", "an object is expected")]
    [InlineData("""{"input":["x",]}""", "invalid_request", null, "line 1, byte 15", "commas")]
    [InlineData("{\n \"input\": x}", "invalid_request", null, "line 2, byte 11", "quotes")]
    [InlineData("""{"input":"\ud800"}""", "invalid_request", "input[0]", "half of a surrogate pair", "whole characters")]
    public async Task A_json_body_is_refused_with_code_place_and_remedy(string body, string code, string? param, string fact, string remedy)
    {
        await using TestApi door = await TestApi.OpenAsync();
        (await door.TextAsync(body)).IsRefusal(400, code, param, fact, remedy);
        Assert.Empty(door.Grid.Asked);
        Assert.Equal(200, (await door.JsonAsync(new { input = Good })).Status);
    }

    [Fact]
    public async Task Damage_late_in_base64_is_damage_and_not_text()
    {
        await using TestApi door = await TestApi.OpenAsync();
        string damaged = Convert.ToBase64String(new byte[300])[..200] + "!" + Good;
        (await door.JsonAsync(new { input = new[] { Good, damaged } })).IsRefusal(
            400, "image_decode_failed", "input[1]", "after character 201");
    }

    [Fact]
    public async Task Three_hundred_inputs_are_refused_with_the_limit()
    {
        await using TestApi door = await TestApi.OpenAsync();
        (await door.JsonAsync(new { input = Enumerable.Repeat(Good, 300) })).IsRefusal(
            400, "invalid_request", "input", "300 inputs", "256", "split");
        object part = new { type = "image_url", image_url = new { url = Good } };
        (await door.JsonAsync(new { messages = new[] { new { content = Enumerable.Repeat(part, 300) } } })).IsRefusal(
            400, "invalid_request", "input", "256", "split");
        using MultipartFormDataContent form = [];
        for (int i = 0; i < 257; i++)
            form.Add(new ByteArrayContent(FakeGrid.Image(i)), "file", "a.png");
        (await door.SendAsync(form)).IsRefusal(400, "invalid_request", "input", "256", "split");
        Assert.Empty(door.Grid.Asked);
    }

    [Fact]
    public async Task With_on_error_partial_only_the_bad_items_carry_errors()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer answer = await door.JsonAsync(
            new { on_error = "partial", input = new[] { Good, "a cat", "https://example.org/a.png", Good } });
        Assert.Equal(200, answer.Status);
        Assert.Equal(["embedding", "error", "error", "embedding"], Enumerable.Range(0, 4).Select(
            i => answer.Json.GetProperty("data")[i].GetProperty("object").GetString()));
        Assert.Equal("unsupported_modality", answer.Json.GetProperty("data")[1].GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("input[2]", answer.Json.GetProperty("data")[2].GetProperty("error").GetProperty("param").GetString());
        Assert.Equal(2, answer.Json.GetProperty("usage").GetProperty("images").GetInt32());
        Assert.Equal("hit=0,miss=2", answer.Header("x-vitgrid-cache"));
    }
}
