using Grpc.AspNetCore.Server;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using VitGrid.Access.Keys;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.KServe.Models;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Hosting.Shutdown;

namespace VitGrid.Server.Api.KServe.Rpc;

/// <summary>
/// KServe's protocol over gRPC, with gRPC's health and reflection. Every refusal is a status of gRPC in an answer whose HTTP status is 200.
/// </summary>
internal sealed class KServeRpcProtocol : Protocol
{
    private const string Infer = $"/{Service}/{nameof(GRPCInferenceService.GRPCInferenceServiceBase.ModelInfer)}";
    private const string Service = "inference.GRPCInferenceService";
    private const string ContentType = "application/grpc";

    public override IReadOnlyList<string> Paths { get; } = [$"POST {Infer}"];

    public override bool Owns(PathString path) => path.StartsWithSegments($"/{Service}", StringComparison.Ordinal);

    /// <summary>Whoever speaks gRPC is answered in gRPC, whatever service is named.</summary>
    public override bool Owns(HttpRequest request) => HttpProtocol.IsHttp2(request.Protocol)
        && request.ContentType?.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase) == true;

    public override void AddServices(IServiceCollection services, ServerOptions options)
    {
        services.AddGrpc(grpc =>
        {
            // What nobody serves is refused as everywhere, and not by routes of their own that take every path.
            grpc.IgnoreUnknownServices = true;
            grpc.MaxReceiveMessageSize = (int)options.Http.MaxBodyBytes;
            grpc.MaxSendMessageSize = null;
            grpc.Interceptors.Add<RefusalInterceptor>();
        });
        services.AddSingleton<InferenceService>().AddSingleton<RefusalInterceptor>();
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks(health => health.Services.Map(Service, _ => true))
            .AddCheck<ReadinessCheck>("ready");
    }

    public override void Map(IEndpointRouteBuilder routes)
    {
        Bounded(routes.MapGrpcService<InferenceService>()).Add(DemandAccess);
        Bounded(routes.MapGrpcReflectionService()).RequireKey();
        Bounded(routes.MapGrpcHealthChecksService()).AllowWithoutKey();
    }

    public override Task WriteErrorAsync(HttpContext context, ApiError error) => RpcStatus.WriteAsync(context.Response, error);

    public override void WriteTimings(IHeaderDictionary headers, EmbeddingTimings longest) =>
        AnswerHeaders.WriteServerTiming(headers, longest);

    private static T Bounded<T>(T service)
        where T : IEndpointConventionBuilder
    {
        service.Add(endpoint =>
        {
            if (endpoint.RequestDelegate is { } call)
                endpoint.RequestDelegate = context => RpcBodyPipe.RunAsync(context, call);
        });
        return service;
    }

    /// <summary>As over HTTP: health is open, vectors have a scope, the repository is changed by administrators.</summary>
    private static void DemandAccess(EndpointBuilder endpoint)
    {
        if (endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault()?.Method.Name is not { } method)
            return;
        EndpointAccess access = method switch
        {
            nameof(InferenceService.ServerLive) or nameof(InferenceService.ServerReady) => EndpointAccess.Open,
            nameof(InferenceService.ModelInfer) or nameof(InferenceService.ModelStreamInfer) => EndpointAccess.For(Scopes.Embed),
            nameof(InferenceService.RepositoryModelLoad) or nameof(InferenceService.RepositoryModelUnload) =>
                EndpointAccess.For(Scopes.Admin),
            _ => EndpointAccess.AnyKey,
        };
        endpoint.Metadata.Add(access);
        if (method == nameof(InferenceService.RepositoryModelLoad))
            endpoint.Metadata.Add(new AuditedAs("models load"));
    }
}

/// <summary>Whether the process may be given work, for gRPC's health service.</summary>
internal sealed class ReadinessCheck(GridGateway grid, DrainGate gate) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(ServerEndpoint.IsReady(grid, gate) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
}
