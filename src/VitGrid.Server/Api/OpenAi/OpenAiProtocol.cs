using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection.Extensions;
using VitGrid.Access.Keys;
using VitGrid.Client;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Answers;
using VitGrid.Server.Api.OpenAi.Batches;
using VitGrid.Server.Api.OpenAi.Comparison;
using VitGrid.Server.Api.OpenAi.Documents;
using VitGrid.Server.Api.OpenAi.Features;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.OpenAi;

/// <summary>
/// OpenAI's protocol, for images and texts: <c>/v1</c>. The first of all, its errors are also those of paths that belong to none.
/// </summary>
internal sealed class OpenAiProtocol : Protocol
{
    public override IReadOnlyList<string> Paths { get; } =
    [
        $"POST {OpenAiPaths.Embeddings}", $"POST {OpenAiPaths.Features}", $"POST {OpenAiPaths.Similarity}",
        $"POST {OpenAiPaths.Classify}", $"GET {OpenAiPaths.Models}", $"GET {OpenAiPaths.Models}/{{id}}", $"POST {OpenAiPaths.Files}",
        $"POST {OpenAiPaths.Batches}", $"POST {OpenAiPaths.Azure}", $"POST {OpenAiPaths.AzureImages}",
    ];

    public override bool Owns(PathString path) => path.StartsWithSegments(OpenAiPaths.Root, StringComparison.Ordinal);

    public override void AddServices(IServiceCollection services, ServerOptions options)
    {
        services.TryAddSingleton<GridMetrics>();
        services.AddSingleton<RequestReader>().AddSingleton<EmbeddingsEndpoint>().AddSingleton<FeaturesEndpoint>()
            .AddSingleton<ComparisonReader>().AddBatches(options);
    }

    public override void Map(IEndpointRouteBuilder routes)
    {
        EmbeddingsEndpoint.Map(routes);
        FeaturesEndpoint.Map(routes);
        SimilarityEndpoint.Map(routes);
        ClassifyEndpoint.Map(routes);
        ModelsEndpoint.Map(routes);
        FilesEndpoint.Map(routes);
        BatchesEndpoint.Map(routes);
    }

    public override Task WriteErrorAsync(HttpContext context, ApiError error) => context.Response.WriteAsJsonAsync(
        new ErrorResponse(ErrorBodies.From(error)), AnswerJson.Client.ErrorResponse, cancellationToken: context.RequestAborted);

    /// <summary><c>Server-Timing</c>, in milliseconds.</summary>
    public override void WriteTimings(IHeaderDictionary headers, EmbeddingTimings longest) =>
        AnswerHeaders.WriteServerTiming(headers, longest);

    public override void Describe(OpenApiOptions document) => DocumentParts.AddTo(document, this);
}

/// <summary><c>POST /v1/embeddings</c>: OpenAI's shape, for images and texts.</summary>
internal sealed class EmbeddingsEndpoint(RequestReader reader, TimeProvider time) : EmbeddingCodec
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Map(routes, OpenAiPaths.Embeddings, "createEmbeddings", "Embeds images and texts");
        Map(routes, OpenAiPaths.Azure, "azureEmbeddings", "Embeds images and texts, for Azure's clients");
        Map(routes, OpenAiPaths.AzureImages, "azureImageEmbeddings", "Embeds images, for Azure's clients");
    }

    private static void Map(IEndpointRouteBuilder routes, string path, string name, string summary) => routes
        .MapPost(path,
            (HttpContext context, EmbeddingHandler handler, EmbeddingsEndpoint endpoint) => handler.AnswerAsync(context, endpoint))
        .WithMetadata(QueryNames.JudgedByRoute)
        .RequireScope(Scopes.Embed)
        .WithName(name)
        .WithTags("Embeddings")
        .WithSummary(summary)
        .Produces<EmbeddingsResponse>();

    public override Task<ParsedRequest> ReadAsync(
        HttpRequest request, Action<EmbeddingFields> admit, CancellationToken cancellationToken) =>
        reader.ReadAsync(request, admit, cancellationToken);

    public override Task WriteAsync(HttpContext context, EmbeddingAnswer answer) => context.Response.WriteAsJsonAsync(
        EmbeddingsAnswer.Make(answer.Outcomes, answer.Fields, answer.Model.Name, time.GetUtcNow(), answer.Hints),
        AnswerJson.Client.EmbeddingsResponse,
        cancellationToken: context.RequestAborted);
}

/// <summary><c>GET /v1/models</c> and <c>/v1/models/{id}</c>: OpenAI's list, with what an operator of vectors needs to know.</summary>
internal static class ModelsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(OpenAiPaths.Models, (HttpContext context, GridGateway grid, ServerClock clock) => TypedResults.Json(
                new ModelsResponse { Data = [.. ModelDescriptions.All(grid, clock).Where(model => context.Caller().MayUse(model.Id))] },
                AnswerJson.Client.ModelsResponse))
            .RequireKey()
            .WithName("listModels").WithTags("Models").WithSummary("Lists the served models")
            .Produces<ModelsResponse>();
        routes.MapGet(OpenAiPaths.Models + "/{id}", (string id, HttpContext context, GridGateway grid, ServerClock clock) =>
                TypedResults.Json(
                    ModelDescriptions.From(Find(Uri.UnescapeDataString(id), context, grid), grid, clock),
                    AnswerJson.Client.ModelDescription))
            .RequireKey()
            .WithName("getModel").WithTags("Models").WithSummary("Describes one served model")
            .Produces<ModelDescription>();
    }

    private static ModelInfo Find(string id, HttpContext context, GridGateway grid)
    {
        CallerChecks.DemandModel(context.Caller(), id);
        return grid.Find(id);
    }
}
