using System.Text.Json;

namespace VitGrid.Server.Tests.Api.Texts;

/// <summary>Texts over HTTP, from strings to vectors, on the bundled CLIP.</summary>
public sealed class TextTests(TextServer server) : IClassFixture<TextServer>
{
    private const double MaxError = 4e-6;

    [Fact]
    public async Task Captions_have_the_vectors_of_the_card_whether_sent_as_strings_objects_or_ids()
    {
        string[] texts = [.. TextServer.Captions.Select(caption => caption.Text)];
        JsonElement strings = await server.AskAsync(new { model = "clip-nano", input = texts });
        JsonElement objects = await server.AskAsync(new { model = "clip-nano", input = texts.Select(text => new { text }) });
        JsonElement ids = await server.AskAsync(
            new { model = "clip-nano", input = TextServer.Captions.Select(caption => caption.Ids), tokens = "model" });

        Assert.All(TextServer.Captions.Zip(TextServer.Vectors(strings)), pair =>
        {
            Assert.InRange(pair.First.Unit.Zip(pair.Second, (x, y) => Math.Abs(x - y)).Max(), 0, MaxError);
            Assert.InRange(TextServer.Dot(pair.First.Unit, pair.Second), 1 - 1e-6, 1 + 1e-6);
        });
        Assert.Equal(TextServer.Vectors(strings), TextServer.Vectors(objects));
        Assert.Equal(TextServer.Vectors(strings), TextServer.Vectors(ids));
        int tokens = TextServer.Captions.Sum(caption => caption.Ids.Length);
        Assert.All([strings, objects, ids], answer => Assert.Equal(
            (tokens, tokens, 0),
            (Usage(answer, "prompt_tokens"), Usage(answer, "total_tokens"), Usage(answer, "images"))));
    }

    [Fact]
    public async Task A_text_is_bit_for_bit_the_same_alone_in_a_list_twice_and_between_images()
    {
        string[] texts = [.. TextServer.Captions.Select(caption => caption.Text)];
        float[][] list = TextServer.Vectors(await server.AskAsync(new { model = "clip-nano", input = texts, cache = "bypass" }));
        for (int i = 0; i < texts.Length; i++)
        {
            float[][] alone = TextServer.Vectors(await server.AskAsync(new { model = "clip-nano", input = texts[i], cache = "bypass" }));
            Assert.Equal(list[i], Assert.Single(alone));
        }
        string house = TextServer.DataUri("own-3.png");
        JsonElement answer = await server.AskAsync(
            new { model = "clip-nano", input = new object[] { texts[0], house, new { text = texts[1] }, texts[0] }, cache = "bypass" });
        float[][] mixed = TextServer.Vectors(answer);
        Assert.Equal(new[] { list[0], list[1], list[0] }, new[] { mixed[0], mixed[2], mixed[3] });
        Assert.Equal(Assert.Single(TextServer.Vectors(await server.AskAsync(new { model = "clip-nano", input = house }))), mixed[1]);
        Assert.Equal(1, Usage(answer, "images"));
    }

    [Fact]
    public async Task Coheres_texts_have_the_vectors_of_openais_and_are_told_and_counted()
    {
        string[] texts = [.. TextServer.Captions.Take(2).Select(caption => caption.Text)];
        float[][] expected = TextServer.Vectors(await server.AskAsync(new { model = "clip-nano", input = texts }));
        object[] parts = [.. texts.Select(text => new { content = new object[] { new { type = "text", text } } })];
        object[] bodies =
        [
            new { model = "clip-nano", input_type = "search_query", truncate = "NONE", texts },
            new { model = "clip-nano", input_type = "search_query", inputs = parts },
        ];
        foreach (object body in bodies)
        {
            JsonElement answer = await server.AskAsync(body, "/v2/embed");
            Assert.Equal(
                expected, answer.GetProperty("embeddings").GetProperty("float").EnumerateArray().Select(TextServer.Singles).ToArray());
            Assert.Equal(texts, answer.GetProperty("texts").EnumerateArray().Select(text => text.GetString()));
            JsonElement units = answer.GetProperty("meta").GetProperty("billed_units");
            Assert.Equal(
                TextServer.Captions.Take(2).Sum(caption => caption.Ids.Length), units.GetProperty("input_tokens").GetInt32());
            Assert.False(units.TryGetProperty("images", out _));
        }
    }

    [Fact]
    public async Task Tiles_are_those_of_images_and_a_text_beside_them_has_none()
    {
        JsonElement answer = await server.AskAsync(new
        {
            model = "clip-nano",
            input = new[] { TextServer.Captions[0].Text, TextServer.DataUri("own-3.png") },
            tiling = "1,2,false",
        });
        JsonElement[] data = [.. answer.GetProperty("data").EnumerateArray()];
        Assert.False(data[0].TryGetProperty("tiles", out _));
        Assert.True(data[1].TryGetProperty("tiles", out _), answer.ToString());
    }

    [Fact]
    public async Task The_cards_queries_find_the_drawings_in_the_cards_order()
    {
        float[][] drawings = TextServer.Vectors(
            await server.AskAsync(new { model = "clip-nano", input = TextServer.Drawings.Select(TextServer.DataUri) }));
        foreach ((string text, (string File, double Cosine)[] ranking) in TextServer.Queries)
        {
            float[] query = Assert.Single(TextServer.Vectors(await server.AskAsync(new { model = "clip-nano", input = text })));
            (string File, double Cosine)[] found =
            [
                .. TextServer.Drawings.Select((file, i) => (file, TextServer.Dot(query, drawings[i]))).OrderByDescending(hit => hit.Item2),
            ];
            Assert.Equal(ranking[0].File, found[0].File);
            Assert.All(found, hit => Assert.Equal(ranking.Single(other => other.File == hit.File).Cosine, hit.Cosine, 1e-3));
        }
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_cut_as_the_class_does_which_the_answer_says_or_refused()
    {
        string text = string.Join(' ', Enumerable.Repeat("a red circle", 40));
        JsonElement cut = await server.AskAsync(new { model = "clip-nano", input = new[] { "a red circle", text } });
        Assert.Contains(
            "input[1] (122 tokens, 32 read)",
            Assert.Single(cut.GetProperty("hints").EnumerateArray()).GetString(),
            StringComparison.Ordinal);
        Assert.Equal(5 + 32, Usage(cut, "prompt_tokens"));
        Assert.Equal(
            TextServer.Vectors(cut)[1],
            Assert.Single(TextServer.Vectors(await server.AskAsync(new { model = "clip-nano", input = text, truncate = "end" }))));

        (int status, string? code, string? param, string message) = await server.RefusedAsync(
            JsonSerializer.Serialize(new { model = "clip-nano", input = new[] { "a", text }, truncate = "error" }));
        Assert.Equal((400, "invalid_request", "input[1]"), (status, code, param));
        Assert.Contains("122 tokens", message, StringComparison.Ordinal);
        Assert.Contains("32", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_template_is_put_around_every_text()
    {
        float[][] whole = TextServer.Vectors(await server.AskAsync(
            new { model = "clip-nano", input = new[] { "a drawing of a cat", "a drawing of a dog" } }));
        float[][] filled = TextServer.Vectors(await server.AskAsync(
            new { model = "clip-nano", input = new[] { "cat", "dog" }, prompt_template = "a drawing of a {}" }));
        Assert.Equal(whole, filled);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("iVBORw0KGgo with a blank")]
    [InlineData("Donaudampfschifffahrtsgesellschaften")]
    [InlineData("see https://example.org/a.png")]
    [InlineData("a\tred\ncircle \u0000 \ud83d\ude00 ı İ ﬁ \u200b")]
    public async Task What_is_no_image_is_text_and_the_same_as_an_object_that_says_so(string text)
    {
        float[][] both = TextServer.Vectors(await server.AskAsync(
            new { model = "clip-nano", input = new object[] { text, new { text }, new { type = "text", text } } }));
        Assert.Equal(both[0], both[1]);
        Assert.Equal(both[0], both[2]);
    }

    [Theory]
    [InlineData("""{"text":"data:image/png;base64,AAAA"}""")]
    [InlineData("""{"text":"https://example.org/a.png"}""")]
    [InlineData("""{"type":"text","text":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""")]
    public async Task An_object_of_text_is_text_whatever_its_words_look_like(string item)
    {
        JsonElement answer = await server.AskAsync(new { model = "clip-nano", input = new[] { JsonDocument.Parse(item).RootElement } });
        Assert.Single(TextServer.Vectors(answer));
    }

    [Theory]
    [InlineData("""{"model":"clip-nano","input":[49,5]}""", "invalid_request", "input[0]", "array of 2 token ids", "\"tokens\":\"model\"")]
    [InlineData("""{"model":"clip-nano","input":[[49,5],"a"]}""", "invalid_request", "input[0]", "check_embedding_ctx_length=False",
        "string")]
    [InlineData("""{"model":"clip-nano","input":[[49,5000]],"tokens":"model"}""", "invalid_request", "input[0]", "5000", "4095")]
    [InlineData("""{"model":"clip-nano","input":[[49,"a"]],"tokens":"model"}""", "invalid_request", "input[0]",
        "input[0][1] is a string", "")]
    [InlineData("""{"model":"clip-nano","input":"a","tokens":"gpt"}""", "invalid_request", "tokens", "'gpt'", "model")]
    [InlineData("""{"model":"clip-nano","input":"a","truncate":"start"}""", "invalid_request", "truncate", "'start'", "end, error")]
    [InlineData("""{"model":"clip-nano","input":"a","prompt_template":"a photo"}""", "invalid_request", "prompt_template", "'a photo'",
        "{}")]
    [InlineData("""{"model":"clip-nano","input":"a","prompt_template":"{} {}"}""", "invalid_request", "prompt_template", "'{} {}'",
        "one {}")]
    [InlineData("""{"model":"clip-nano","input":"a","pooling":"cls"}""", "invalid_request", "pooling", "'cls'", "texts have not")]
    [InlineData("""{"model":"clip-nano","input":"a\ud800b"}""", "invalid_request", "input[0]", "half of a surrogate pair",
        "whole characters")]
    [InlineData("""{"model":"clip-nano","input":[{"text":"\udc00"}]}""", "invalid_request", "input[0]", "half of a surrogate pair", "")]
    [InlineData("""{"model":"clip-nano","input":[{"text":5}]}""", "invalid_request", "input[0]", "a number", "{\"text\":\"…\"}")]
    [InlineData("""{"model":"clip-nano","input":[{"image":"a red house"}]}""", "unsupported_modality", "input[0]", "'a red house'",
        "image")]
    [InlineData("""{"model":"clip-nano","input":[{"text":"a","image":"b"}]}""", "unsupported_modality", "input[0]", "beside its image",
        "an item for each")]
    [InlineData("""{"input":"a red house"}""", "unsupported_modality", "input[0]", "model 'internvit-nano' embeds images, not text",
        "ask for model 'clip-nano'")]
    [InlineData("""{"model":"internvit-nano","input":[[1,2]]}""", "unsupported_modality", "input[0]", "array of 2 token ids",
        "'clip-nano'")]
    public async Task What_cannot_be_embedded_is_refused_with_code_place_and_remedy(
        string body, string code, string param, string fact, string remedy)
    {
        (int status, string? found, string? place, string message) = await server.RefusedAsync(body);
        Assert.Equal((400, code, param), (status, found, place));
        Assert.Contains(fact, message, StringComparison.Ordinal);
        Assert.Contains(remedy, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_template_without_a_text_is_refused()
    {
        (int status, string? code, string? param, string _) = await server.RefusedAsync(JsonSerializer.Serialize(
            new { model = "clip-nano", input = TextServer.DataUri("own-1.png"), prompt_template = "a {}" }));
        Assert.Equal((400, "invalid_request", "prompt_template"), (status, code, param));
    }

    [Fact]
    public async Task Ten_megabytes_of_text_are_refused_by_name()
    {
        (int status, string? code, string? param, string message) = await server.RefusedAsync(JsonSerializer.Serialize(
            new { model = "clip-nano", input = new[] { "a", string.Concat(Enumerable.Repeat("red ", 2_621_440)) } }));
        Assert.Equal((400, "invalid_request", "input[1]"), (status, code, param));
        Assert.Contains("10,485,760 bytes", message, StringComparison.Ordinal);
        Assert.Contains("100,000 characters", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_partial_answer_a_bad_text_fails_alone()
    {
        JsonElement answer = await server.AskAsync(
            new { model = "clip-nano", input = new object[] { "a", new[] { 1, 2 }, "b" }, on_error = "partial" });
        JsonElement[] items = [.. answer.GetProperty("data").EnumerateArray()];
        Assert.Equal(["embedding", "error", "embedding"], items.Select(item => item.GetProperty("object").GetString()));
        Assert.Equal("input[1]", items[1].GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_users_message_of_text_alone_is_embedded()
    {
        float[] vector = Assert.Single(TextServer.Vectors(await server.AskAsync(
            new { model = "clip-nano", messages = new[] { new { role = "user", content = "a red circle" } } })));
        Assert.Equal(Assert.Single(TextServer.Vectors(await server.AskAsync(new { model = "clip-nano", input = "a red circle" }))), vector);
    }

    [Fact]
    public async Task The_models_list_says_what_each_embeds()
    {
        using JsonDocument models = JsonDocument.Parse(await server.Http.GetStringAsync("/v1/models"));
        Dictionary<string, JsonElement> byName = models.RootElement.GetProperty("data").EnumerateArray().ToDictionary(
            model => model.GetProperty("id").GetString()!);
        Assert.Equal(["clip-nano", "internvit-nano"], byName.Keys.Order());
        Assert.Equal(["image"], byName["internvit-nano"].GetProperty("modalities").EnumerateArray().Select(kind => kind.GetString()));
        Assert.Equal(["image", "text"], byName["clip-nano"].GetProperty("modalities").EnumerateArray().Select(kind => kind.GetString()));
        JsonElement text = byName["clip-nano"].GetProperty("text");
        Assert.Equal((32, "clip", "softmax", "ready"), (
            text.GetProperty("context_length").GetInt32(), text.GetProperty("tokenizer").GetString(),
            text.GetProperty("score").GetString(), text.GetProperty("state").GetString()));
    }

    private static int Usage(JsonElement answer, string name) => answer.GetProperty("usage").GetProperty(name).GetInt32();
}
