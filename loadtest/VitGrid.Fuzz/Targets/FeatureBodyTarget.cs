using System.Text;
using Microsoft.AspNetCore.Http;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Features;
using VitGrid.Engine.Requests;
using VitGrid.Fuzz.Mutations;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Fuzz.Targets;

/// <summary>
/// Bodies of <c>POST /v1/features</c>, read as the endpoint reads them; what is accepted is written into one line, as a job's record has
/// it, and read again.
/// </summary>
internal sealed class FeatureBodyTarget : FuzzTarget
{
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==";

    private static readonly HttpOptions Limits = new();

    private readonly RequestReader _reader = new(Limits, new(Limits, BodyMemory.From(Limits), TimeProvider.System));

    public override string Name => "features";

    public override long UsualBytes => 1 << 20;

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. new[]
        {
            """{"model":"m","input":"PIXEL","layers":[2,-1],"outputs":["cls","patches"],"norm":"all","layout":"NCHW","dtype":"fp16"}""",
            """{"model":"m","input":["PIXEL"],"layers":"all","outputs":"registers","format":"multipart","on_error":"partial"}""",
            """{"model":"m","input":"PIXEL","outputs":["visual_tokens"],"tiling":{"min":1,"max":12,"thumbnail":true},"dtype":"bf16"}""",
            """{"model":"m","input":"PIXEL","outputs":"visual_tokens,cls","tiling":"1,12,false","layers":"0","preprocess":"squash"}""",
        }.Select(text => Encoding.UTF8.GetBytes(text.Replace("PIXEL", Pixel, StringComparison.Ordinal))),
    ];

    public override byte[] Mutate(Random random, byte[] seed) => JsonMutation.Change(random, seed);

    public override Depth Read(byte[] input)
    {
        DefaultHttpContext context = new();
        context.Request.Method = "POST";
        context.Request.ContentType = "application/json";
        context.Request.ContentLength = input.Length;
        context.Request.Body = new MemoryStream(input);
        try
        {
            using ParsedRequest read = _reader.ReadAsync(context.Request, FieldSet.Features, _ => { }, CancellationToken.None)
                .GetAwaiter().GetResult();
            FeatureFields fields = read.Fields.Features!;
            string line = FeatureText.Write(fields);
            if (fields.Parts != FeatureParts.None && FeatureText.Write(FeatureText.Parse(line)) != line)
                throw new InvalidOperationException($"'{line}' reads back as something else");
            return Depth.Beyond;
        }
        catch (Exception refused) when (refused is ApiException or GridException)
        {
            return JsonBodyTarget.DepthIn(input);
        }
    }
}
