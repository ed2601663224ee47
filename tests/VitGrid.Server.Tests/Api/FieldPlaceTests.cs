using FsCheck.Xunit;
using VitGrid.Engine.Requests;

namespace VitGrid.Server.Tests.Api;

/// <summary>A field means the same in the query, in JSON and in a form; nothing that was said is dropped.</summary>
public sealed class FieldPlaceTests(SharedApi shared) : IClassFixture<SharedApi>
{
    private static readonly byte[] Image = FakeGrid.Image(1);

    private static readonly (string Name, string[] Values)[] Fields =
    [
        ("model", ["internvit-nano", "nope"]),
        ("pooling", ["mean", "cls+mean", "max"]),
        ("layer", ["2", "-3", "9", "x"]),
        ("normalize", ["false", "true", "maybe"]),
        ("normalized", ["false"]),
        ("encoding_format", ["base64", "float", "hex"]),
        ("embedding_type", ["int8", "ubinary", "int4"]),
        ("dimensions", ["8", "4"]),
        ("priority", ["bulk", "urgent"]),
        ("timeout_ms", ["1500", "0"]),
        ("cache", ["bypass", "refresh", "never"]),
        ("preprocess", ["squash", "crop+fast", "stretch"]),
        ("on_error", ["partial", "ignore"]),
        ("late_chunking", ["true", "false"]),
    ];

    public static TheoryData<string, string, string> Conflicts => new()
    {
        { "model", "internvit-nano", "nope" },
        { "pooling", "mean", "cls" },
        { "layer", "2", "3" },
        { "normalize", "true", "false" },
        { "encoding_format", "float", "base64" },
        { "embedding_type", "int8", "uint8" },
        { "dimensions", "8", "4" },
        { "priority", "bulk", "interactive" },
        { "timeout_ms", "1500", "1501" },
        { "cache", "use", "bypass" },
        { "preprocess", "squash", "crop" },
        { "on_error", "partial", "fail" },
    };

    [Property(MaxTest = 150)]
    public async Task<bool> A_request_means_the_same_wherever_its_fields_stand(int seed)
    {
        Random random = new(seed);
        (string Name, string Value)[] said =
            [.. Fields.Where(_ => random.Next(3) == 0).Select(field => (field.Name, field.Values[random.Next(field.Values.Length)]))];
        if (said.Count(field => field.Name.StartsWith("normalize", StringComparison.Ordinal)) > 1)
            said = [.. said.Where(field => field.Name != "normalized")];
        ILookup<bool, (string Name, string Value)> split = said.ToLookup(_ => random.Next(2) == 0);
        string[] answers =
        [
            await AskAsync(Json([]), said),
            await AskAsync(Json(said), []),
            await AskAsync(Json(split[true]), split[false]),
            await AskAsync(Form(said), []),
            await AskAsync(Form(split[true]), split[false]),
            await AskAsync(Form([]), said),
            await AskAsync(Raw(), said),
        ];
        return answers.All(answer => answer == answers[0]);
    }

    [Theory, MemberData(nameof(Conflicts))]
    public async Task What_is_said_twice_and_differently_is_refused_naming_both(string field, string first, string second)
    {
        foreach (HttpContent body in (HttpContent[])[Json([(field, second)]), Form([(field, second)])])
        {
            Answer answer = await shared.TestApi.SendAsync(body, Query([(field, first)]));
            answer.IsRefusal(400, "invalid_request", field, $"{field} is '{first}' in the query", $"'{second}' in the ", "send it once");
            Assert.Equal(200, (await shared.TestApi.SendAsync(Json([]))).Status);
        }
        (await shared.TestApi.SendAsync(Raw(), Query([(field, first), (field, second)]))).IsRefusal(
            400, "invalid_request", field, first, second);
        (await shared.TestApi.SendAsync(Form([(field, first), (field, second)]))).IsRefusal(400, "invalid_request", field, first, second);
        (await shared.TestApi.TextAsync(
            $$"""{"input":"{{Convert.ToBase64String(Image)}}","{{field}}":"{{first}}","{{field}}":"{{second}}"}"""))
            .IsRefusal(400, "invalid_request", field, first, second);
    }

    [Theory]
    [InlineData("normalized", "false")]
    [InlineData("normalize", "false")]
    public async Task Jinas_normalized_is_normalize(string name, string value)
    {
        Answer answer = await shared.TestApi.SendAsync(Json([(name, value)]));
        Assert.Equal(FakeGrid.VectorOf(Image), answer.Vector(0));
        (await shared.TestApi.SendAsync(Json([("normalize", "true")]), "?normalized=false")).IsRefusal(
            400, "invalid_request", "normalize", "normalized is 'false'");
    }

    [Theory]
    [InlineData("late_chunking", "true", "cut into chunks")]
    [InlineData("return_multivector", "true", "one vector")]
    [InlineData("output_dimension", "4", "send dimensions")]
    [InlineData("embed_dtype", "float16", "send embedding_type")]
    [InlineData("endianness", "big", "little-endian")]
    [InlineData("images", "x", "as input")]
    [InlineData("texts", "x", "as input")]
    [InlineData("poolng", "mean", "close to 'pooling'")]
    [InlineData("Pooling", "mean", "close to 'pooling'")]
    [InlineData("encodingFormat", "base64", "close to 'encoding_format'")]
    [InlineData("timeout", "5", "close to 'timeout_ms'")]
    [InlineData("normalise", "false", "close to 'normalize'")]
    public async Task A_wish_that_cannot_be_met_and_a_misspelt_one_are_refused_with_the_remedy(string name, string value, string remedy)
    {
        (await shared.TestApi.SendAsync(Json([(name, value)]))).IsRefusal(400, "invalid_request", name, name, remedy);
        (await shared.TestApi.SendAsync(Raw(), Query([(name, value)]))).IsRefusal(400, "invalid_request", name, name, remedy);
    }

    [Theory]
    [InlineData("input")]
    [InlineData("messages")]
    public async Task An_image_in_the_query_is_refused(string name) =>
        (await shared.TestApi.SendAsync(Json([]), $"?{name}=AAAA")).IsRefusal(400, "invalid_request", name, "in the query", "in the body");

    [Fact]
    public async Task Jinas_base64_is_openais()
    {
        Answer jina = await shared.TestApi.SendAsync(Json([("embedding_type", "base64")])), openAi = await shared.TestApi.SendAsync(
            Json([("encoding_format", "base64")]));
        Assert.Equal(openAi.Bytes(0), jina.Bytes(0));
        (await shared.TestApi.SendAsync(Json([("embedding_type", "base64"), ("encoding_format", "float")]))).IsRefusal(
            400, "invalid_request", "embedding_type", "'float'", "'base64'");
    }

    /// <summary>All of an answer that depends on the request.</summary>
    private async Task<string> AskAsync(HttpContent body, IEnumerable<(string Name, string Value)> query)
    {
        int before = shared.TestApi.Grid.Asked.Count;
        Answer answer = await shared.TestApi.SendAsync(body, Query(query));
        EmbeddingRequest[] asked = [.. shared.TestApi.Grid.Asked.Skip(before)];
        return answer.Status == 200
            ? $"{answer.Json.GetProperty("data").GetRawText()} {asked.Single() with { Image = default, RequestId = "" }}"
            : $"{answer.Status} {asked.Length} {answer.Error.GetProperty("code")} {answer.Error.GetProperty("param")}";
    }

    private static System.Net.Http.Json.JsonContent Json(IEnumerable<(string Name, string Value)> fields)
    {
        Dictionary<string, object> body = fields.ToDictionary(field => field.Name, object (field) => field.Value);
        body["input"] = Convert.ToBase64String(Image);
        return System.Net.Http.Json.JsonContent.Create(body);
    }

    private static MultipartFormDataContent Form(IEnumerable<(string Name, string Value)> fields)
    {
        MultipartFormDataContent form = new() { { new ByteArrayContent(Image), "file", "a.png" } };
        foreach ((string name, string value) in fields)
            form.Add(new StringContent(value), name);
        return form;
    }

    private static ByteArrayContent Raw()
    {
        ByteArrayContent content = new(Image);
        content.Headers.ContentType = new("image/png");
        return content;
    }

    private static string Query(IEnumerable<(string Name, string Value)> fields) =>
        string.Concat(fields.Select((field, i) => $"{(i == 0 ? '?' : '&')}{field.Name}={Uri.EscapeDataString(field.Value)}"));
}
