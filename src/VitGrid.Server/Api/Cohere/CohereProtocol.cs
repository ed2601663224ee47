using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using VitGrid.Access.Keys;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Cohere;

/// <summary>Cohere's protocol for images: <c>POST /v2/embed</c>. Its errors are <c>{"message":"text"}</c>.</summary>
internal sealed class CohereProtocol : Protocol
{
    private const string Embed = "/v2/embed";

    public override IReadOnlyList<string> Paths { get; } = [$"POST {Embed}"];

    public override bool Owns(PathString path) => path.StartsWithSegments(Embed, StringComparison.Ordinal);

    public override void Map(IEndpointRouteBuilder routes) => routes
        .MapPost(Embed, (HttpContext context, EmbeddingHandler handler, BodyReader bodies, Hosting.Options.HttpOptions limits) =>
            handler.AnswerAsync(context, new CohereCodec(bodies, limits.MaxInputs)))
        .RequireScope(Scopes.Embed)
        .WithName("cohereEmbed").WithTags("Cohere").WithSummary("Embeds images, in several types of numbers at once");

    public override Task WriteErrorAsync(HttpContext context, ApiError error) => context.Response.WriteAsJsonAsync(
        new CohereError(error.Message), CohereAnswers.Json.CohereError, cancellationToken: context.RequestAborted);

    public override void WriteTimings(IHeaderDictionary headers, EmbeddingTimings longest) =>
        AnswerHeaders.WriteServerTiming(headers, longest);
}

/// <summary>The body of a refusal.</summary>
internal sealed record CohereError(string Message);

/// <summary>How Cohere's refusals stand in JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CohereError))]
internal sealed partial class CohereJson : JsonSerializerContext;

/// <summary>The same with quotes and letters beyond ASCII as they are: answers are JSON, never part of a page.</summary>
internal static class CohereAnswers
{
    public static CohereJson Json { get; } = new(
        new JsonSerializerOptions(CohereJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
