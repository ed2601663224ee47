using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Access.Keys;
using VitGrid.Server.Api.KServe.Rpc;
using VitGrid.Server.Tests.Access;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.KServe.Rpc;

/// <summary>Who may call what over gRPC, health and reflection, and what hears whoever is refused before a method is reached.</summary>
public sealed class RpcAccessTests
{
    private const string Unauthenticated = "16", Unimplemented = "12", Ok = "0";

    private static readonly string[] Open =
    [
        "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch", "/inference.GRPCInferenceService/ServerLive",
        "/inference.GRPCInferenceService/ServerReady",
    ];

    [Fact]
    public async Task Only_health_is_open_and_every_other_method_is_unauthenticated_without_a_key_however_its_path_is_written()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync(new() { FailuresPerMinute = 1_000_000 }, hasGrpc: true);
        RpcServer server = RpcServer.Of(api.Door);
        string[] methods = MethodsOf(api.Door);
        Assert.True(methods.Length >= 14, string.Join(' ', methods));
        foreach (string method in methods)
        {
            foreach (string form in (string[])[method, "/" + method, method.ToUpperInvariant(), method + "/", "/nothing" + method])
            {
                bool isOpen = Open.Contains(method, StringComparer.OrdinalIgnoreCase)
                    && form.TrimEnd('/').Equals(method, StringComparison.OrdinalIgnoreCase);
                // A stream that is open would be watched for ever.
                if (method.EndsWith("Watch", StringComparison.Ordinal) && isOpen)
                    continue;
                (int http, string status) = await server.PostAsync(form);
                Assert.True(http == 200 && (status == Unauthenticated || (isOpen && status == Ok)), $"{form}: {http} {status}");
            }
        }
    }

    [Fact]
    public async Task A_key_comes_in_metadata_and_its_scope_limit_and_models_hold()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync(hasGrpc: true);
        RpcServer server = RpcServer.Of(api.Door);
        string key = await api.KeyAsync("one"), index = await api.KeyAsync("index", Scopes.Index);
        string few = await api.KeyAsync("few", change: one => one with { Limits = new() { RequestsPerMinute = 1 } });
        string other = await api.KeyAsync("other", change: one => one with { Models = ["other"] });
        (string Name, string Value)[] forms = [("authorization", $"Bearer {key}"), ("api-key", key), ("x-api-key", key)];
        foreach ((string header, string value) in forms)
            Assert.Single((await server.Client.ModelInferAsync(Request(), new Metadata { { header, value } })).Outputs);
        await RefusedAsync(null, StatusCode.Unauthenticated, "no API key");
        await RefusedAsync("vg_wrong", StatusCode.Unauthenticated, "API key");
        await RefusedAsync(index, StatusCode.PermissionDenied, "'index' has the scopes index");
        await RefusedAsync(other, StatusCode.PermissionDenied, "may not use model");
        Assert.Single((await server.Client.ModelInferAsync(Request(), With(few))).Outputs);
        RpcException limited = await RefusedAsync(few, StatusCode.ResourceExhausted, "1 requests a minute");
        Assert.NotNull(limited.Trailers.GetValue("retry-after"));
        RpcException unloading = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.RepositoryModelLoadAsync(
            new() { ModelName = "internvit-nano" }, With(key)));
        Assert.Equal(StatusCode.PermissionDenied, unloading.StatusCode);
        await api.Keys.RevokeAsync("one", default);
        await api.RefreshAsync();
        await RefusedAsync(key, StatusCode.Unauthenticated, "revoked");

        Task<RpcException> RefusedAsync(string? shown, StatusCode status, string word) =>
            RpcServer.RefusedAsync(server.Client.ModelInferAsync(Request(), With(shown)), status, word);
    }

    [Fact]
    public async Task What_is_not_served_is_unimplemented_by_name()
    {
        await using RpcServer server = await RpcServer.OpenAsync();
        foreach (string method in (string[])["/inference.GRPCInferenceService/TraceSetting", "/other.Service/Method"])
            Assert.Equal((200, Unimplemented), await server.PostAsync(method));
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream = server.Client.ModelStreamInfer();
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
        Assert.Contains("ModelStreamInfer is not served; send each request", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_follows_readiness_and_reflection_names_the_services()
    {
        await using RpcServer server = await RpcServer.OpenAsync();
        Health.HealthClient health = new(server.Channel);
        foreach (string service in (string[])["", "inference.GRPCInferenceService"])
        {
            HealthCheckResponse answer = await health.CheckAsync(new() { Service = service });
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, answer.Status);
        }
        using var reflection = new ServerReflection.ServerReflectionClient(server.Channel).ServerReflectionInfo();
        await reflection.RequestStream.WriteAsync(new() { ListServices = "" });
        Assert.True(await reflection.ResponseStream.MoveNext(default));
        Assert.Contains(
            "inference.GRPCInferenceService", reflection.ResponseStream.Current.ListServicesResponse.Service.Select(one => one.Name));
        await reflection.RequestStream.CompleteAsync();
        _ = server.Door.App.Services.GetRequiredService<VitGrid.Server.Hosting.Shutdown.DrainGate>().DrainAsync();
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, (await health.CheckAsync(new())).Status);
    }

    [Fact]
    public async Task Models_tell_of_themselves_as_over_http()
    {
        await using RpcServer server = await RpcServer.OpenAsync(new() { Http = new() { MaxInputs = 7 } });
        ModelMetadataResponse model = await server.Client.ModelMetadataAsync(new() { Name = "internvit-nano", Version = "1" });
        Assert.Equal(["1"], model.Versions);
        Assert.Equal([-1, 1], model.Inputs[0].Shape);
        Assert.Equal(("last_hidden_state", "FP32"), (model.Outputs[1].Name, model.Outputs[1].Datatype));
        ModelConfig config = (await server.Client.ModelConfigAsync(new() { Name = "internvit-nano" })).Config;
        Assert.Equal((7, DataType.TypeString), (config.MaxBatchSize, config.Input[0].DataType));
        Assert.True((await server.Client.ServerLiveAsync(new())).Live);
        Assert.True((await server.Client.ModelReadyAsync(new() { Name = "internvit-nano" })).Ready);
        Assert.Equal("vitgrid", (await server.Client.ServerMetadataAsync(new())).Name);
        Assert.Equal("READY", Assert.Single((await server.Client.RepositoryIndexAsync(new())).Models).State);
        Assert.NotNull(await server.Client.RepositoryModelLoadAsync(new() { ModelName = "internvit-nano" }));
        RpcException kept = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.RepositoryModelUnloadAsync(
            new() { ModelName = "internvit-nano" }));
        Assert.Equal(StatusCode.FailedPrecondition, kept.StatusCode);
        RpcException none = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.ModelReadyAsync(new() { Name = "x" }));
        Assert.Equal(StatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task A_server_without_an_address_for_grpc_and_without_tls_has_no_methods()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Assert.Empty(MethodsOf(door));
    }

    private static ModelInferRequest Request() => RpcServer.Request(FakeGrid.Image(1));

    private static Metadata With(string? key) => key is null ? [] : new Metadata { { "authorization", $"Bearer {key}" } };

    private static string[] MethodsOf(TestApi door) =>
    [
        .. door.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<Grpc.AspNetCore.Server.GrpcMethodMetadata>() is not null)
            .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/')).Distinct(),
    ];
}
