using System.Text.Json.Nodes;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.KServe;

/// <summary><c>POST /v2/models/MODEL/infer</c>: the forms of a request, what it may say, and its answers.</summary>
public sealed class InferTests
{
    private static readonly byte[][] Two = [FakeGrid.Image(1), FakeGrid.Image(2)];

    [Fact]
    public async Task Files_behind_the_json_and_base64_in_it_give_the_vectors_of_the_first_protocol_to_the_bit()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer openAi = await door.JsonAsync(new { input = Two.Select(Convert.ToBase64String) });
        float[] expected = [.. openAi.Vector(0), .. openAi.Vector(1)];
        foreach (InferCall call in (InferCall[])[InferCall.OfFiles(Two), InferCall.OfText(Two)])
        {
            TensorAnswer json = await call.SendAsync(door), binary = await call.With("binary_data_output", true).SendAsync(door);
            foreach (TensorAnswer answer in (TensorAnswer[])[json, binary])
            {
                Assert.Equal((200, "internvit-nano", "1"), (answer.Status, answer.Told("model_name"), answer.Told("model_version")));
                Assert.Equal([2, FakeGrid.Width], answer.Shape("embedding"));
                Assert.Equal(expected, answer.Numbers("embedding"));
            }
            Assert.Equal(("", "hit=0,miss=2"), (json.Header(InferCall.JsonLength), json.Header("x-vitgrid-cache")));
            Assert.NotEqual("", binary.Header(InferCall.JsonLength));
            Assert.StartsWith("fetch;dur=0", json.Header("Server-Timing"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task A_compressed_request_is_inflated_within_the_bound_of_a_body(string encoding)
    {
        await using TestApi door = await TestApi.OpenAsync(new() { Http = new() { MaxBodyBytes = 20_000 } });
        TensorAnswer good = await new InferCall { Encoding = encoding }.WithFiles(Two).SendAsync(door);
        Assert.Equal((200, 2), (good.Status, good.Shape("embedding")[0]));
        TensorAnswer bomb = await new InferCall { Encoding = encoding }.WithFiles(new byte[10_000_000]).SendAsync(door);
        bomb.IsRefusal(413, "20,000");
        TensorAnswer broken = await new InferCall { Encoding = "br" }.WithFiles(Two).SendAsync(door);
        broken.IsRefusal(415, "'br'", "gzip or deflate");
        HttpRequestMessage damaged = InferCall.OfFiles(Two).Request("/v2/models/internvit-nano/infer");
        damaged.Content!.Headers.ContentEncoding.Add(encoding);
        Assert.Equal(400, (await door.SendAsync(damaged)).Status);
        Assert.Equal(2, door.Grid.Asked.Count);
    }

    [Fact]
    public async Task The_id_comes_back_and_a_version_may_stand_in_the_path()
    {
        await using TestApi door = await TestApi.OpenAsync();
        InferCall call = InferCall.OfFiles(Two);
        call.Json["id"] = "call \"7\" ü";
        TensorAnswer answer = await call.SendAsync(door, "/v2/models/internvit-nano/versions/1/infer");
        Assert.Equal((200, "call \"7\" ü"), (answer.Status, answer.Told("id")));
        (await call.SendAsync(door, "/v2/models/internvit-nano/versions/2/infer")).IsRefusal(404, "version '2'", "version 1");
        (await call.SendAsync(door, "/v2/models/other/infer")).IsRefusal(404, "'other'", "'internvit-nano'");
    }

    [Fact]
    public async Task Parameters_are_the_fields_of_the_first_protocol()
    {
        await using TestApi door = await TestApi.OpenAsync();
        InferCall call = InferCall.OfFiles(FakeGrid.Image(1)).With("normalize", false).With("pooling", "mean").With("layer", 2)
            .With("priority", "bulk").With("cache", "refresh").With("preprocess", "squash").With("odd", 1).With("exif", "apply");
        TensorAnswer answer = await call.SendAsync(door);
        Assert.Equal(FakeGrid.VectorOf(FakeGrid.Image(1)), answer.Numbers("embedding"));
        EmbeddingRequest asked = Assert.Single(door.Grid.Asked);
        Assert.Equal(
            (2, Lane.Bulk, CacheUse.Refresh, "squash", VitGrid.Model.Encoders.Pooling.Mean),
            (asked.Layer, asked.Lane, asked.Cache, asked.Preprocess, asked.Pooling));
        Assert.Contains("'odd'", answer.Header("x-vitgrid-hint"), StringComparison.Ordinal);
        (await InferCall.OfFiles(Two).With("poolin", "mean").SendAsync(door)).IsRefusal(400, "'poolin'", "'pooling'");
        (await InferCall.OfFiles(Two).With("pooling", "max").SendAsync(door)).IsRefusal(400, "'max'", "cls");
        (await InferCall.OfFiles(Two).With("on_error", "partial").SendAsync(door)).IsRefusal(400, "on_error");
        (await InferCall.OfFiles(Two).With("sequence_id", 4).SendAsync(door)).IsRefusal(400, "sequence_id");
    }

    [Theory]
    [InlineData(2_000_000, null, 2_000)]
    [InlineData(2_000_000, 50, 50)]
    [InlineData(1_000, 50, 1)]
    [InlineData(0, null, null)]
    public async Task The_timeout_is_in_microseconds_and_the_smallest_of_all_counts(int timeout, int? milliseconds, int? expected)
    {
        await using TestApi door = await TestApi.OpenAsync();
        InferCall call = InferCall.OfFiles(FakeGrid.Image(1)).With("timeout", timeout);
        if (milliseconds is { } ms)
            call.With("timeout_ms", ms);
        Assert.Equal(200, (await call.SendAsync(door)).Status);
        Assert.Equal(expected, Assert.Single(door.Grid.Asked).Timeout?.TotalMilliseconds);
    }

    [Theory]
    [InlineData("\"-1\"")]
    [InlineData("\"soon\"")]
    [InlineData("3600000001")]
    public async Task A_timeout_that_is_none_is_refused(string timeout)
    {
        await using TestApi door = await TestApi.OpenAsync();
        (await InferCall.OfFiles(Two).With("timeout", JsonNode.Parse(timeout)!).SendAsync(door)).IsRefusal(400, "timeout", "microseconds");
    }

    [Fact]
    public async Task Hidden_states_come_with_the_vectors_or_alone_in_binary_or_in_json()
    {
        await using TestApi door = await TestApi.OpenAsync();
        InferCall both = InferCall.OfFiles(Two).Wanting("last_hidden_state", "binary_data", true).Wanting("embedding");
        TensorAnswer binary = await both.SendAsync(door);
        TensorAnswer json = await InferCall.OfFiles(Two).Wanting("last_hidden_state").SendAsync(door);
        Assert.Equal([2, FakeGrid.Tokens, FakeGrid.Width], binary.Shape("last_hidden_state"));
        Assert.Equal([2, FakeGrid.Width], binary.Shape("embedding"));
        Assert.Equal(2 * FakeGrid.Tokens * FakeGrid.Width, binary.Numbers("last_hidden_state").Length);
        Assert.Equal(binary.Numbers("last_hidden_state"), json.Numbers("last_hidden_state"));
        Assert.All(door.Grid.Asked, asked => Assert.Equal(FakeGrid.Depth, Assert.Single(asked.Features!.Layers)));
    }

    [Fact]
    public async Task Hidden_states_that_do_not_fit_an_answer_in_one_piece_are_refused_before_they_are_computed()
    {
        await using TestApi door = await TestApi.OpenAsync(new() { Features = new() { WindowBytes = 1 << 16, HeldBytes = 1 << 20 } });
        byte[][] many = [.. Enumerable.Range(0, 40).Select(FakeGrid.Image)];
        (await InferCall.OfFiles(many).Wanting("last_hidden_state").SendAsync(door)).IsRefusal(400, "65536", "Features:WindowBytes");
        Assert.Empty(door.Grid.Asked);
    }

    [Theory]
    [InlineData("{}", "inputs is missing")]
    [InlineData("[]", "object")]
    [InlineData("{\"inputs\":7}", "array")]
    [InlineData("{\"inputs\":[7]}", "inputs[0]")]
    [InlineData("{\"inputs\":[{}]}", "name is missing")]
    [InlineData("{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[\"a\"]}]}", "shape")]
    [InlineData("{\"inputs\":[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"a\"]}]}", "no input 'text'")]
    [InlineData("{\"inputs\":[{\"name\":\"image\",\"datatype\":\"UINT8\",\"shape\":[1],\"data\":[1]}]}", "'UINT8'")]
    [InlineData("{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[0],\"data\":[]}]}", "[0]")]
    [InlineData("{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[1,2],\"data\":[\"a\",\"b\"]}]}", "[1, 2]")]
    [InlineData("{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[9223372036854775807],\"data\":[]}]}", "[92233")]
    [InlineData("{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"YQ==\"]}]}", "has 1 elements")]
    [InlineData("{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"YQ==\",\"Y\"]}]}", "more than 1")]
    [InlineData("{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[7]}]}", "image[0]")]
    [InlineData("{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[1]}]}", "no data")]
    [InlineData(
        "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[1],\"parameters\":{\"binary_data_size\":9}}]}",
        "is '9'")]
    [InlineData(
        "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[1],\"parameters\":{\"shared_memory_region\":\"a\"}}]}",
        "shared memory")]
    [InlineData("{\"inputs\":[]} x", "not valid JSON")]
    [InlineData("{\"inputs\":[", "not valid JSON")]
    public async Task What_is_no_request_is_refused_by_name(string body, string word)
    {
        await using TestApi door = await TestApi.OpenAsync();
        using HttpResponseMessage response = await door.Http.PostAsync(
            new Uri("/v2/models/internvit-nano/infer", UriKind.Relative), new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body)));
        new TensorAnswer(response, await response.Content.ReadAsByteArrayAsync()).IsRefusal(400, word);
        Assert.Empty(door.Grid.Asked);
    }

    [Fact]
    public async Task What_outputs_ask_for_beyond_numbers_is_refused_by_name()
    {
        await using TestApi door = await TestApi.OpenAsync();
        (await InferCall.OfFiles(Two).Wanting("logits").SendAsync(door)).IsRefusal(400, "'logits'", "embedding");
        (await InferCall.OfFiles(Two).Wanting("embedding", "classification", 3).SendAsync(door)).IsRefusal(400, "classification", "3");
        (await InferCall.OfFiles(Two).Wanting("embedding", "shared_memory_region", "r").SendAsync(door)).IsRefusal(400, "shared memory");
        (await InferCall.OfFiles(Two).Wanting("embedding").Wanting("embedding").SendAsync(door)).IsRefusal(400, "more than once");
        Assert.Empty(door.Grid.Asked);
    }

    [Fact]
    public async Task Binary_data_that_does_not_fit_its_shape_is_refused()
    {
        await using TestApi door = await TestApi.OpenAsync();
        InferCall cut = InferCall.OfFiles(Two), more = InferCall.OfFiles(Two), stray = InferCall.OfFiles(Two);
        cut.Json["inputs"]![0]!["shape"] = new JsonArray(3);
        more.Json["inputs"]![0]!["shape"] = new JsonArray(1);
        stray.Binary.Add(7);
        (await cut.SendAsync(door)).IsRefusal(400, "element 2 of 3");
        (await more.SendAsync(door)).IsRefusal(400, "52 bytes behind");
        (await stray.SendAsync(door)).IsRefusal(400, "1 bytes behind the JSON");
        HttpRequestMessage wrong = InferCall.OfFiles(Two).Request("/v2/models/internvit-nano/infer");
        wrong.Headers.Remove(InferCall.JsonLength);
        wrong.Headers.Add(InferCall.JsonLength, "99999");
        Answer answer = await door.SendAsync(wrong);
        Assert.Equal(400, answer.Status);
        Assert.Contains("99999", answer.Error.GetString(), StringComparison.Ordinal);
    }

    /// <summary>A picture's data URI once went to a text route and was embedded as words, with numbers that looked right.</summary>
    [Theory]
    [InlineData("data:image/png;base64,%%%")]
    [InlineData("DATA:IMAGE/PNG;BASE64,AAAA")]
    [InlineData("https://example.test/a.png")]
    [InlineData("HTTP://example.test/a.png")]
    [InlineData("a photo of a cat")]
    public async Task A_text_that_is_no_image_is_400_however_it_came(string text)
    {
        await using TestApi door = await TestApi.OpenAsync();
        if (text.StartsWith("DATA", StringComparison.Ordinal))
            door.Grid.Answer = (_, _) => throw new ImageException(ImageFault.DecodeFailed, "no image");
        Assert.Equal(400, (await InferCall.OfTexts(text).SendAsync(door)).Status);
        Assert.Equal(400, (await InferCall.OfFiles(System.Text.Encoding.ASCII.GetBytes(text)).SendAsync(door)).Status);
    }

    [Fact]
    public async Task A_string_that_is_no_text_is_400_and_names_its_element()
    {
        await using TestApi door = await TestApi.OpenAsync();
        const string Body = """{"inputs":[{"name":"image","shape":[1,1],"datatype":"BYTES","data":[["\ud83d and no more"]]}]}""";
        using HttpResponseMessage response = await door.Http.PostAsync(
            new Uri("/v2/models/internvit-nano/infer", UriKind.Relative), new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(Body)));
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("image[0] holds half of a surrogate pair", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_with_escapes_is_read_where_it_stands()
    {
        await using TestApi door = await TestApi.OpenAsync();
        string plain = $"data:image/png;base64,{Convert.ToBase64String(FakeGrid.Image(9))}";
        string escaped = plain.Replace("/", "\\/", StringComparison.Ordinal).Replace("+", "\\u002B", StringComparison.Ordinal);
        string body = $$"""{"inputs":[{"data":[["{{escaped}}"]],"shape":[1,1],"datatype":"BYTES","name":"image"}]}""";
        using HttpResponseMessage response = await door.Http.PostAsync(
            new Uri("/v2/models/internvit-nano/infer", UriKind.Relative), new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body)));
        TensorAnswer answer = new(response, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(VectorEncoding.Normalize(FakeGrid.VectorOf(FakeGrid.Image(9))), answer.Numbers("embedding"));
    }
}
