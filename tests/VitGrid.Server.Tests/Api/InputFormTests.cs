using System.Net.Http.Headers;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;

namespace VitGrid.Server.Tests.Api;

public sealed class InputFormTests
{
    private static readonly string Base64 = Convert.ToBase64String(FakeGrid.Image(1));

    public static TheoryData<string> SingleImages => new(
        $$"""{{"\uFEFF"}}{"input":"{{Base64}}"}""",
        $$"""{"input":"{{Base64}}"}""",
        $$"""{"input":["{{Base64}}"]}""",
        $$"""{"input":"data:image/png;base64,{{Base64}}"}""",
        $$"""{"input":"DATA:IMAGE/PNG;name=a.png;BASE64,{{Base64}}"}""",
        $$"""{"input":"data:;base64,{{Base64}}"}""",
        $$"""{"input":"data:application/octet-stream;base64,{{Base64}}"}""",
        $$"""{"input":"{{Base64.Replace("/", "\\/", StringComparison.Ordinal)}}"}""",
        $$"""{"input":"{{Base64[..20]}}\r\n{{Base64[20..]}}\n"}""",
        $$"""{"input":[{"image":"{{Base64}}"}]}""",
        $$"""{"input":{"image":"data:image/webp;base64,{{Base64}}"} }""",
        $$$"""{"input":[{"image":{"url":"{{{Base64}}}"}}]}""",
        $$$"""{"input":[{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,{{{Base64}}}"}}]}""",
        $$"""{"input":[{"type":"image_url","image_url":"{{Base64}}" }]}""",
        $$$"""{"input":[{"content":[{"type":"image_url","image_url":{"url":"{{{Base64}}}"}}]}]}""",
        $$$"""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{Base64}}}"}}]}]}""",
        $$"""{"messages":[{"role":"user","content":"{{Base64}}"}]}""",
        $$"""{"input":["{{Base64}}"],"messages":null,"model":null,"dimensions":null,"something":"else"}""");

    [Theory]
    [MemberData(nameof(SingleImages))]
    public async Task Every_json_form_of_an_image_reaches_the_grid_as_the_same_bytes(string body)
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer answer = await door.TextAsync(body);
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal(FakeGrid.Image(1), door.Grid.Asked.Single().Image.ToArray());
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("image/whatever")]
    [InlineData("application/octet-stream")]
    [InlineData("IMAGE/JPEG; q=1")]
    public async Task A_raw_body_is_one_image(string contentType)
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer answer = await door.RawAsync(FakeGrid.Image(1), contentType, "?normalize=false");
        Assert.Equal(200, answer.Status);
        Assert.Equal(FakeGrid.Image(1), door.Grid.Asked.Single().Image.ToArray());
        Assert.Equal(FakeGrid.VectorOf(FakeGrid.Image(1)), answer.Vector(0));
    }

    [Fact]
    public async Task A_raw_body_takes_its_fields_from_the_query()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer answer = await door.RawAsync(
            FakeGrid.Image(1), query: "?pooling=cls+mean&layer=-2&priority=bulk&cache=refresh&timeout_ms=1500&model=internvit-nano");
        Assert.Equal(200, answer.Status);
        EmbeddingRequest asked = door.Grid.Asked.Single();
        Assert.Equal((Pooling.ClsMean, -2, Lane.Bulk, CacheUse.Refresh), (asked.Pooling, asked.Layer, asked.Lane, asked.Cache));
        Assert.Equal(TimeSpan.FromSeconds(1.5), asked.Timeout);
    }

    [Fact]
    public async Task A_form_takes_any_number_of_files_and_its_fields_as_values()
    {
        await using TestApi door = await TestApi.OpenAsync();
        using MultipartFormDataContent form = new() { { new StringContent("mean"), "pooling" } };
        for (int i = 0; i < 5; i++)
            form.Add(new ByteArrayContent(FakeGrid.Image(i)), "files", $"{i}.png");
        form.Add(new StringContent("false"), "normalize");
        form.Add(new StringContent($"data:image/png;base64,{Base64}"), "input");
        Answer answer = await door.SendAsync(form);
        Assert.Equal(200, answer.Status);
        Assert.Equal(6, answer.Json.GetProperty("data").GetArrayLength());
        for (int i = 0; i < 5; i++)
            Assert.Equal(FakeGrid.VectorOf(FakeGrid.Image(i)), answer.Vector(i));
        Assert.All(door.Grid.Asked, asked => Assert.Equal(Pooling.Mean, asked.Pooling));
    }

    [Fact]
    public async Task A_form_part_without_a_file_name_is_an_image_when_its_type_says_so()
    {
        await using TestApi door = await TestApi.OpenAsync();
        ByteArrayContent image = new(FakeGrid.Image(3));
        image.Headers.ContentType = MediaTypeHeaderValue.Parse("image/png");
        using MultipartFormDataContent form = new() { { image, "anything" } };
        Assert.Equal(200, (await door.SendAsync(form)).Status);
        Assert.Equal(FakeGrid.Image(3), door.Grid.Asked.Single().Image.ToArray());
    }

    [Fact]
    public async Task Outputs_stand_in_the_order_of_inputs_whatever_finishes_first()
    {
        await using TestApi door = await TestApi.OpenAsync();
        TaskCompletionSource lastAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        door.Grid.Answer = async (request, _) =>
        {
            if (request.Image.Span[0] == FakeGrid.Image(0)[0])
                await lastAsked.Task;
            else if (request.Image.Span[0] == FakeGrid.Image(7)[0])
                lastAsked.SetResult();
            return FakeGrid.Result(FakeGrid.VectorOf(request.Image.Span));
        };
        Answer answer = await door.JsonAsync(
            new { normalize = false, input = Enumerable.Range(0, 8).Select(i => Convert.ToBase64String(FakeGrid.Image(i))) });
        for (int i = 0; i < 8; i++)
        {
            Assert.Equal(i, answer.Json.GetProperty("data")[i].GetProperty("index").GetInt32());
            Assert.Equal(FakeGrid.VectorOf(FakeGrid.Image(i)), answer.Vector(i));
        }
    }

    [Fact]
    public async Task A_chat_with_two_images_gives_two_vectors()
    {
        await using TestApi door = await TestApi.OpenAsync();
        object part = new { type = "image_url", image_url = new { url = $"data:image/png;base64,{Base64}" } };
        Answer answer = await door.JsonAsync(new { messages = new[] { new { role = "user", content = new[] { part, part } } } });
        Assert.Equal(2, answer.Json.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task Two_hundred_fifty_six_inputs_are_taken()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer answer = await door.JsonAsync(new { input = Enumerable.Repeat(Base64, 256) });
        Assert.Equal(256, answer.Json.GetProperty("usage").GetProperty("images").GetInt32());
    }
}
