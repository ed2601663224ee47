using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.KServe.Inference;
using VitGrid.Server.Api.KServe.Models;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.KServe;

/// <summary>KServe's inference protocol, version 2, over HTTP: <c>/v2</c>. Its errors are <c>{"error":"text"}</c>.</summary>
internal sealed class KServeProtocol : Protocol
{
    private static readonly string[] Owned =
        [KServePaths.Health, KServePaths.Models, KServePaths.Repository, KServePaths.SystemMemory, KServePaths.CudaMemory];

    public override IReadOnlyList<string> Paths { get; } =
    [
        $"GET {KServePaths.Root}", $"GET {KServePaths.Models}/{{model}}", $"POST {KServePaths.Models}/{{model}}/infer",
        $"POST {KServePaths.Repository}/index",
    ];

    public override bool Owns(PathString path) => path.Equals(KServePaths.Root, StringComparison.Ordinal)
        || Array.Exists(Owned, owned => path.StartsWithSegments(owned, StringComparison.Ordinal));

    public override void AddServices(IServiceCollection services, ServerOptions options) => services.AddSingleton<InferReader>();

    public override void Map(IEndpointRouteBuilder routes)
    {
        ServerEndpoint.Map(routes);
        RepositoryEndpoint.Map(routes);
        UnservedEndpoint.Map(routes);
        foreach (string path in KServePaths.Model)
        {
            bool isNamed = path == KServePaths.Model[0];
            ModelEndpoints.Map(routes, path, isNamed);
            InferEndpoint.Map(routes, path, isNamed);
        }
    }

    public override Task WriteErrorAsync(HttpContext context, ApiError error) => context.Response.WriteAsJsonAsync(
        new ErrorAnswer(error.Message), KServeAnswers.Json.ErrorAnswer, cancellationToken: context.RequestAborted);

    public override void WriteTimings(IHeaderDictionary headers, EmbeddingTimings longest) =>
        AnswerHeaders.WriteServerTiming(headers, longest);
}
