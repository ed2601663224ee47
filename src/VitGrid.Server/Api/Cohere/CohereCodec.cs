using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Cohere;

/// <summary>One request for vectors, and its answer.</summary>
internal sealed class CohereCodec(BodyReader bodies, int maxInputs) : EmbeddingCodec
{
    private IReadOnlyList<NamedType> _types = [];
    private IReadOnlyList<string> _texts = [];

    public override Task<ParsedRequest> ReadAsync(
        HttpRequest request, Action<EmbeddingFields> admit, CancellationToken cancellationToken) =>
        bodies.ReadAsync(request, BodyTypes.Json, body => Parse(body, admit), cancellationToken);

    public override Task WriteAsync(HttpContext context, EmbeddingAnswer answer) =>
        CohereAnswer.WriteAsync(context.Response, context.TraceIdentifier, _types, _texts, answer, context.RequestAborted);

    private ParsedRequest Parse(RequestBody body, Action<EmbeddingFields> admit)
    {
        CohereRequest request = CohereRequest.Read(body, maxInputs, admit);
        _types = request.Types;
        _texts = [.. request.Parsed.Images.Select(input => input.Words?.Words).OfType<string>()];
        return request.Parsed;
    }
}
