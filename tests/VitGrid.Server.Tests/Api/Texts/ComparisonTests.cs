using System.Text.Json;

namespace VitGrid.Server.Tests.Api.Texts;

/// <summary><c>POST /v1/similarity</c> and <c>POST /v1/classify</c> on the bundled CLIP.</summary>
public sealed class ComparisonTests(TextServer server) : IClassFixture<TextServer>
{
    private const string Similarity = "/v1/similarity";
    private const string Classify = "/v1/classify";

    [Fact]
    public async Task Texts_and_images_have_the_cards_cosines_and_the_models_own_logits_and_softmax()
    {
        JsonElement answer = await server.AskAsync(
            new
            {
                model = "clip-nano",
                texts = TextServer.Queries.Select(query => query.Text),
                images = TextServer.Drawings.Select(TextServer.DataUri),
            },
            Similarity);

        double[][] cosine = Table(answer, "cosine"), logits = Table(answer, "logits"), scores = Table(answer, "scores");
        for (int text = 0; text < TextServer.Queries.Count; text++)
        {
            for (int image = 0; image < TextServer.Drawings.Count; image++)
            {
                double expected = TextServer.Queries[text].Ranking.Single(hit => hit.File == TextServer.Drawings[image]).Cosine;
                Assert.Equal(expected, cosine[text][image], 1e-3);
                Assert.Equal(cosine[text][image] * TextServer.Scale, logits[text][image], 1e-4);
            }
        }
        Assert.Equal("softmax", answer.GetProperty("function").GetString());
        Assert.Equal(TextServer.Scale, answer.GetProperty("scale").GetDouble(), 1e-4);
        Assert.Equal(0, answer.GetProperty("bias").GetDouble());
        for (int image = 0; image < TextServer.Drawings.Count; image++)
        {
            double sum = logits.Sum(row => Math.Exp(row[image] - logits.Max(other => other[image])));
            Assert.Equal(1, scores.Sum(row => row[image]), 1e-9);
            Assert.Equal(
                Math.Exp(logits[0][image] - logits.Max(other => other[image])) / sum, scores[0][image], 1e-9);
        }
        Assert.Equal(TextServer.Drawings.Count, answer.GetProperty("usage").GetProperty("images").GetInt32());
    }

    [Fact]
    public async Task Without_texts_images_are_compared_with_each_other_on_any_model()
    {
        string[] images = [TextServer.DataUri("own-1.png"), TextServer.DataUri("own-5.png")];
        JsonElement answer = await server.AskAsync(new { model = "internvit-nano", images }, Similarity);
        double[][] cosine = Table(answer, "cosine");
        Assert.Equal(1, cosine[0][0], 1e-6);
        Assert.Equal(1, cosine[1][1], 1e-6);
        Assert.Equal(cosine[0][1], cosine[1][0]);
        Assert.False(answer.TryGetProperty("logits", out _));
    }

    [Fact]
    public async Task Labels_are_ranked_for_each_image_and_templates_averaged()
    {
        object body = new
        {
            model = "clip-nano",
            input = new[] { TextServer.DataUri("drawing-1.png"), TextServer.DataUri("own-5.png") },
            labels = new[] { "strawberry", "cat", "house" },
            templates = new[] { "a {}", "a drawing of a {}" },
        };
        JsonElement answer = await server.AskAsync(body, Classify);

        JsonElement[] data = [.. answer.GetProperty("data").EnumerateArray()];
        Assert.Equal(["strawberry", "cat"], data.Select(item => item.GetProperty("prediction").GetString()));
        string image = TextServer.DataUri("drawing-1.png");
        float[][] sentences = TextServer.Vectors(await server.AskAsync(
            new { model = "clip-nano", input = new[] { "a strawberry", "a drawing of a strawberry", image } }));
        float[] mean = [.. sentences[0].Zip(sentences[1], (x, y) => x + y)];
        double length = Math.Sqrt(TextServer.Dot(mean, mean));
        JsonElement first = data[0].GetProperty("predictions")[0];
        Assert.Equal(TextServer.Dot(mean, sentences[2]) / length, first.GetProperty("cosine").GetDouble(), 1e-5);
        Assert.Equal(first.GetProperty("cosine").GetDouble() * TextServer.Scale, first.GetProperty("logit").GetDouble(), 1e-4);
        Assert.Equal(1, data[0].GetProperty("predictions").EnumerateArray().Sum(label => label.GetProperty("score").GetDouble()), 1e-9);
        Assert.Equal("softmax", answer.GetProperty("function").GetString());
    }

    [Theory]
    [InlineData(Similarity, """{"model":"clip-nano","texts":["a"]}""", "invalid_request", "images", "missing or empty")]
    [InlineData(Similarity, """{"model":"clip-nano","texts":["a"],"images":["a house"]}""", "unsupported_modality", "images[0]",
        "'a house'")]
    [InlineData(Similarity, """{"model":"clip-nano","texts":[5],"images":["IMAGE"]}""", "invalid_request", "texts[0]", "a number")]
    [InlineData(Similarity, """{"model":"internvit-nano","texts":["a"],"images":["IMAGE"]}""", "unsupported_modality", "texts[0]",
        "ask for model 'clip-nano'")]
    [InlineData(Similarity, """{"model":"clip-nano","texts":["a"],"images":["IMAGE"],"pooling":"cls"}""", "", "", "pooling")]
    [InlineData(Classify, """{"model":"clip-nano","input":"IMAGE"}""", "invalid_request", "labels", "missing or empty")]
    [InlineData(Classify, """{"model":"clip-nano","labels":["a"]}""", "invalid_request", "input", "missing or empty")]
    [InlineData(Classify, """{"model":"clip-nano","input":"IMAGE","labels":["a"],"templates":["x"]}""", "invalid_request", "templates[0]",
        "one {}")]
    [InlineData(Classify, """{"model":"clip-nano","input":"IMAGE","labels":["a"],"prompt_template":"a {}"}""", "invalid_request",
        "prompt_template", "send templates")]
    [InlineData(Classify, """{"model":"internvit-nano","input":"IMAGE","labels":["a"]}""", "unsupported_modality", "labels[0]",
        "ask for model 'clip-nano'")]
    public async Task What_cannot_be_compared_is_refused_with_code_place_and_remedy(
        string path, string body, string code, string param, string fact)
    {
        string json = body.Replace("IMAGE", TextServer.DataUri("own-1.png"), StringComparison.Ordinal);
        if (code.Length == 0)
        {
            // A field of another route is no fault; that it is not read is told.
            using StringContent content = new(json, System.Text.Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await server.Http.PostAsync(path, content);
            Assert.Contains(fact, string.Join(' ', answer.Headers.GetValues("x-vitgrid-hint")), StringComparison.Ordinal);
            return;
        }
        (int status, string? found, string? place, string message) = await server.RefusedAsync(json, path);
        Assert.Equal((400, code, param), (status, found, place));
        Assert.Contains(fact, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_labels_in_templates_than_inputs_are_allowed_are_refused_with_the_sum()
    {
        (int status, string? code, string? param, string message) = await server.RefusedAsync(
            JsonSerializer.Serialize(new
            {
                model = "clip-nano",
                input = TextServer.DataUri("own-1.png"),
                labels = Enumerable.Range(0, 64).Select(i => $"thing {i}"),
                templates = new[] { "a {}", "the {}", "my {}", "no {}" },
            }),
            Classify);
        Assert.Equal((400, "invalid_request", "labels"), (status, code, param));
        Assert.Contains("1 images and 64 labels in 4 templates, which are 257 inputs, the limit is 256", message, StringComparison.Ordinal);
    }

    private static double[][] Table(JsonElement answer, string name) =>
    [
        .. answer.GetProperty(name).EnumerateArray().Select(row => row.EnumerateArray().Select(number => number.GetDouble()).ToArray()),
    ];
}
