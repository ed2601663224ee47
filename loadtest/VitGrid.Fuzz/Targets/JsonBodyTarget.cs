using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using VitGrid.Fuzz.Mutations;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Fuzz.Targets;

/// <summary>Bodies of <c>POST /v1/embeddings</c>, read as the endpoint reads them.</summary>
internal abstract class BodyTarget(string contentType) : FuzzTarget
{
    private static readonly HttpOptions Limits = new();

    private readonly RequestReader _reader = new(Limits, Bodies);

    /// <summary>Reads bodies within the usual bounds.</summary>
    protected static BodyReader Bodies => new(Limits, BodyMemory.From(Limits), TimeProvider.System);

    public override long UsualBytes => 1 << 20;

    public override Depth Read(byte[] input)
    {
        DefaultHttpContext context = new();
        context.Request.Method = "POST";
        context.Request.ContentType = contentType;
        context.Request.ContentLength = input.Length;
        context.Request.Body = new MemoryStream(input);
        try
        {
            using ParsedRequest read = ReadAsync(context.Request).GetAwaiter().GetResult();
            return Depth.Beyond;
        }
        catch (ApiException)
        {
            return DepthOf(input);
        }
    }

    /// <summary>Reads a request as its endpoint does.</summary>
    protected virtual Task<ParsedRequest> ReadAsync(HttpRequest request) =>
        _reader.ReadAsync(request, _ => { }, CancellationToken.None);

    /// <summary>How far an input came that was refused.</summary>
    protected abstract Depth DepthOf(byte[] input);
}

/// <summary>Its JSON form.</summary>
internal sealed class JsonBodyTarget() : BodyTarget("application/json")
{
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==";

    public override string Name => "json";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. new[]
        {
            """{"model":"m","input":["a red house",{"text":"PIXEL"},"PIXEL"],"truncate":"error","prompt_template":"a photo of a {}"}""",
            """{"model":"m","input":[[49406,320,49407],"\ud83d\ude00",{"type":"text","text":"x"}],"tokens":"model"}""",
            """{"model":"m","input":"data:image/png;base64,PIXEL","encoding_format":"float","dimensions":null,"user":"u"}""",
            """
            {"model":"m","input":["PIXEL",{"image":"PIXEL"}],"pooling":"mean","layer":-1,"normalize":true,"priority":"bulk"}
            """,
            """
            {"model":"m","input":[{"type":"image_url","image_url":{"url":"data:image/png;base64,PIXEL"}}],"timeout_ms":2000,
            "cache":"use",
            "on_error":"partial","embedding_type":"int8","preprocess":"squash","exif":"apply"}
            """,
            """
            {"model":"m","messages":[{"role":"user","content":[{"type":"text","text":""},{"type":"image_url","image_url":
            {"url":"data:image/png;base64,PIXEL","detail":"low"}}]}],"encoding_format":"base64"}
            """,
        }.Select(text => Encoding.UTF8.GetBytes(text.Replace("PIXEL", Pixel, StringComparison.Ordinal))),
    ];

    public override byte[] Mutate(Random random, byte[] seed) => JsonMutation.Change(random, seed);

    protected override Depth DepthOf(byte[] input) => DepthIn(input);

    /// <summary>How far JSON came that was refused.</summary>
    public static Depth DepthIn(byte[] input)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(input);
            return Depth.Beyond;
        }
        catch (JsonException)
        {
            return Depth.Header;
        }
    }
}

/// <summary>Its form of files.</summary>
internal sealed class FormTarget() : BodyTarget($"multipart/form-data; boundary={Boundary}")
{
    private const string Boundary = "edge";

    public override string Name => "form";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. new[]
        {
            Part("name=\"model\"", "m") + Part("name=\"image\"; filename=\"a.png\"\r\nContent-Type: image/png", "\x89PNG") + End,
            "before\r\n" + Part("name=\"pooling\"", "mean") + Part("name=\"layer\"", "-1")
                + Part("name=\"a\"; filename*=UTF-8''b", "GIF89a") + End,
            Part("name=\"input\"\r\nContent-Transfer-Encoding: base64\r\nContent-Type: image/gif", "R0lGODlh") + End + "after",
        }.Select(Encoding.Latin1.GetBytes),
    ];

    private static string End => $"--{Boundary}--\r\n";

    public override byte[] Mutate(Random random, byte[] seed) =>
        ByteMutation.Change(random, seed, random.Next(3) == 0 ? 0 : Boundary.Length + 4);

    protected override Depth DepthOf(byte[] input)
    {
        try
        {
            return new FormReader(input, Boundary).Next() is null ? Depth.Header : Depth.Beyond;
        }
        catch (ApiException)
        {
            return Depth.Header;
        }
    }

    private static string Part(string disposition, string content) =>
        $"--{Boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n";
}
