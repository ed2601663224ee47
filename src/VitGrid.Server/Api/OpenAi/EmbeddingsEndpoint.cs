using VitGrid.Client;
using VitGrid.Server.Api.OpenAi.Answers;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi;

/// <summary><c>POST /v1/embeddings</c>: OpenAI's shape, for images.</summary>
internal sealed class EmbeddingsEndpoint(RequestReader reader, TimeProvider time) : EmbeddingCodec
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost(OpenAiPaths.Embeddings,
            (HttpContext context, EmbeddingHandler handler, EmbeddingsEndpoint endpoint) => handler.AnswerAsync(context, endpoint))
        .WithMetadata(QueryNames.JudgedByRoute)
        .WithName("createEmbeddings")
        .WithTags("Embeddings")
        .WithSummary("Embeds images")
        .Produces<EmbeddingsResponse>();

    public override Task<ParsedRequest> ReadAsync(
        HttpRequest request, Action<EmbeddingFields> admit, CancellationToken cancellationToken) =>
        reader.ReadAsync(request, admit, cancellationToken);

    public override Task WriteAsync(HttpContext context, EmbeddingAnswer answer) => context.Response.WriteAsJsonAsync(
        EmbeddingsAnswer.Make(answer.Outcomes, answer.Fields, answer.Model.Name, time.GetUtcNow(), answer.Hints),
        AnswerJson.Client.EmbeddingsResponse,
        cancellationToken: context.RequestAborted);
}
