using System.Text;
using Microsoft.AspNetCore.Http;
using VitGrid.Fuzz.Mutations;
using VitGrid.Server.Api.OpenAi.Comparison;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Fuzz.Targets;

/// <summary>Bodies of <c>POST /v1/similarity</c> and <c>POST /v1/classify</c>, told apart by their labels.</summary>
internal sealed class ComparisonTarget() : BodyTarget("application/json")
{
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==";

    private readonly ComparisonReader _reader = new(Bodies, new HttpOptions());

    public override string Name => "comparison";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. new[]
        {
            """{"model":"m","texts":["a red house",{"text":"PIXEL"}],"images":["PIXEL",{"image":"PIXEL"}],"truncate":"error"}""",
            """{"model":"m","images":"data:image/png;base64,PIXEL","prompt_template":"a {}","timeout_ms":2000}""",
            """{"model":"m","input":["PIXEL"],"labels":["cat","\u0064og"],"templates":["a {}","no {}"],"cache":"use"}""",
            """{"model":"m","input":{"image":"PIXEL"},"labels":"cat","exif":"apply"}""",
        }.Select(text => Encoding.UTF8.GetBytes(text.Replace("PIXEL", Pixel, StringComparison.Ordinal))),
    ];

    public override byte[] Mutate(Random random, byte[] seed) => JsonMutation.Change(random, seed);

    protected override Task<ParsedRequest> ReadAsync(HttpRequest request)
    {
        EmbeddingCodec endpoint = ((MemoryStream)request.Body).ToArray().AsSpan().IndexOf("label"u8) >= 0
            ? new ClassifyEndpoint(_reader, TimeProvider.System) : new SimilarityEndpoint(_reader, TimeProvider.System);
        return endpoint.ReadAsync(request, _ => { }, CancellationToken.None);
    }

    protected override Depth DepthOf(byte[] input) => JsonBodyTarget.DepthIn(input);
}
