using System.Globalization;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Features;
using VitGrid.Server.Api.KServe.Models;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.KServe.Inference;

/// <summary><c>POST /v2/models/MODEL/infer</c>, with a version or without.</summary>
internal static class InferEndpoint
{
    public static void Map(IEndpointRouteBuilder routes, string path, bool isNamed) => ModelEndpoints.Described(
        routes.MapPost(path + "/infer", (HttpContext context, FeatureHandler handler, InferReader reader, BodyReader bodies) =>
                handler.AnswerAsync(context, new InferCodec(reader, bodies)))
            .RequireScope(VitGrid.Access.Keys.Scopes.Embed),
        isNamed, "kserveInfer", "Embeds images; JSON, or JSON and binary tensors behind it");
}

/// <summary>One request for inference over HTTP, and its answer.</summary>
internal sealed class InferCodec(InferReader reader, BodyReader bodies) : EmbeddingCodec
{
    private InferRequest? _request;

    public override Task<ParsedRequest> ReadAsync(
        HttpRequest request, Action<EmbeddingFields> admit, CancellationToken cancellationToken)
    {
        string model = ModelInPath.Name(request);
        ServedModel.DemandVersion(model, ModelInPath.VersionOf(request));
        return bodies.ReadInflatedAsync(request, BodyTypes.JsonOrUntyped, Parse, cancellationToken);

        ParsedRequest Parse(RequestBody body)
        {
            RequestNotes notes = new();
            int length = JsonLength(request, body.Bytes.Length);
            _request = InferJson.Read(body.Bytes[..length], body.Bytes[length..], notes);
            return reader.Read(request.HttpContext, model, _request, null, body.Buffer, notes, admit);
        }
    }

    public override Task WriteAsync(HttpContext context, EmbeddingAnswer answer) =>
        InferAnswer.WriteAsync(context.Response, _request!, answer, context.RequestAborted);

    /// <summary>All of the body where the header does not say otherwise.</summary>
    private static int JsonLength(HttpRequest request, int bytes)
    {
        string text = request.Headers[InferAnswer.JsonLength].ToString();
        if (text.Length == 0)
            return bytes;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length <= bytes
            ? length
            : throw new ApiException(ApiCode.InvalidRequest,
                $"the header {InferAnswer.JsonLength} is '{Quote.Short(text)}', and the body has {bytes} bytes; send the length of its "
                    + "JSON");
    }
}
