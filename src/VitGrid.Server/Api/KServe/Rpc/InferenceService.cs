using Grpc.Core;
using VitGrid.Engine.Models;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Features;
using VitGrid.Server.Api.KServe.Inference;
using VitGrid.Server.Api.KServe.Models;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Hosting.Shutdown;

namespace VitGrid.Server.Api.KServe.Rpc;

/// <summary>KServe's service: what <c>/v2</c> is over HTTP.</summary>
internal sealed class InferenceService(
    GridGateway grid, DrainGate gate, HttpOptions limits, FeatureHandler handler, InferReader reader, TimeProvider time)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    /// <summary>Grids take no longer timeout; a later deadline is kept by the transport alone.</summary>
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromHours(1);

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = ServerEndpoint.IsReady(grid, gate) });

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ModelReadyResponse
        {
            Ready = Find(context, request.Name, request.Version).State == ModelState.Ready && !gate.IsDraining,
        });

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context)
    {
        ServerAnswer server = ServerEndpoint.Describe();
        return Task.FromResult(new ServerMetadataResponse
        {
            Name = server.Name,
            Version = server.Version,
            Extensions = { server.Extensions },
        });
    }

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        ModelAnswer model = ModelAnswer.From(Find(context, request.Name, request.Version));
        return Task.FromResult(new ModelMetadataResponse
        {
            Name = model.Name,
            Platform = model.Platform,
            Versions = { model.Versions },
            Inputs = { model.Inputs.Select(Tensor) },
            Outputs = { model.Outputs.Select(Tensor) },
        });
    }

    public override Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context)
    {
        ConfigAnswer config = ConfigAnswer.From(Find(context, request.Name, request.Version), limits.MaxInputs);
        return Task.FromResult(new ModelConfigResponse
        {
            Config = new()
            {
                Name = config.Name,
                Platform = config.Platform,
                Backend = config.Backend,
                MaxBatchSize = config.MaxBatchSize,
                Input = { config.Input.Select(tensor => new ModelInput
                {
                    Name = tensor.Name,
                    DataType = TypeOf(tensor),
                    Dims = { tensor.Dims },
                    Optional = tensor.Optional == true,
                }) },
                Output = { config.Output.Select(tensor => new ModelOutput
                {
                    Name = tensor.Name,
                    DataType = TypeOf(tensor),
                    Dims = { tensor.Dims },
                }) },
            },
        });
    }

    public override Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context)
    {
        IEnumerable<IndexRow> rows = RepositoryEndpoint.Index(grid, context.GetHttpContext().Caller());
        return Task.FromResult(new RepositoryIndexResponse
        {
            Models = { rows.Where(row => !request.Ready || row.State == ServedModel.Ready).Select(
                row => new RepositoryIndexResponse.Types.ModelIndex
                {
                    Name = row.Name,
                    Version = row.Version,
                    State = row.State,
                    Reason = row.Reason,
                }) },
        });
    }

    public override Task<RepositoryModelLoadResponse> RepositoryModelLoad(RepositoryModelLoadRequest request, ServerCallContext context)
    {
        HttpContext http = context.GetHttpContext();
        // What the audit names, as it does the model of a path.
        http.Request.RouteValues["model"] = request.ModelName;
        RepositoryEndpoint.Load(grid, http.Caller(), request.ModelName);
        return Task.FromResult(new RepositoryModelLoadResponse());
    }

    public override Task<RepositoryModelUnloadResponse> RepositoryModelUnload(
        RepositoryModelUnloadRequest request, ServerCallContext context)
    {
        RepositoryEndpoint.Unload(grid, context.GetHttpContext().Caller(), request.ModelName);
        return Task.FromResult(new RepositoryModelUnloadResponse());
    }

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        RpcInferCodec codec = new(reader, request, RemainingOf(context));
        HttpContext http = context.GetHttpContext();
        // A deadline that the server sees before the client leaves ends the call, but not the request of HTTP that carries it.
        http.RequestAborted = context.CancellationToken;
        await handler.AnswerAsync(http, codec);
        return codec.Response;
    }

    private TimeSpan? RemainingOf(ServerCallContext context)
    {
        if (context.Deadline == DateTime.MaxValue)
            return null;
        TimeSpan remaining = context.Deadline - time.GetUtcNow().UtcDateTime;
        return remaining > MaxTimeout ? null : remaining > TimeSpan.Zero ? remaining : TimeSpan.FromTicks(1);
    }

    private ModelInfo Find(ServerCallContext context, string name, string version) =>
        ServedModel.Find(grid, context.GetHttpContext().Caller(), name, version);

    private static DataType TypeOf(ConfigTensor tensor) => tensor.DataType switch
    {
        "TYPE_STRING" => DataType.TypeString,
        "TYPE_FP16" => DataType.TypeFp16,
        _ => DataType.TypeFp32,
    };

    private static ModelMetadataResponse.Types.TensorMetadata Tensor(TensorFacts tensor) => new()
    {
        Name = tensor.Name,
        Datatype = tensor.Datatype,
        Shape = { tensor.Shape },
    };
}
