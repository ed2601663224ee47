using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using VitGrid.Aspire.Hosting;

namespace VitGrid.Aspire.Tests;

/// <summary>The application model: what an app host knows of VitGrid before anything runs.</summary>
public sealed class ResourceTests
{
    [Fact]
    public async Task A_server_alone_serves_its_models_at_an_endpoint_of_this_machine()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        IResourceBuilder<VitGridResource> grid = builder.AddVitGrid("embeddings").WithModel("internvit-nano").WithModel("clip-nano");
        Assert.Equal("vitgrid", grid.Resource.Command);
        Assert.Equal(
            ["serve", "--urls", UrlOf("embeddings"), "--model", "internvit-nano", "--model", "clip-nano"],
            await ArgumentsAsync(grid.Resource));
        Assert.Equal("Endpoint={embeddings.bindings.http.url}", grid.Resource.ConnectionStringExpression.ValueExpression);
        Assert.Single(grid.Resource.Annotations.OfType<HealthCheckAnnotation>());
        Assert.Single(grid.Resource.Annotations.OfType<OtlpExporterAnnotation>());
    }

    [Fact]
    public async Task Workers_and_front_end_meet_in_redis_and_wait_for_it()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        IResourceBuilder<RedisResource> redis = builder.AddRedis("redis");
        IResourceBuilder<VitGridResource> grid = builder.AddVitGrid("embeddings", "/opt/vitgrid/vitgrid.dll")
            .WithModel("clip-nano").WithWorkers(redis.GetEndpoint("tcp"), 3);
        string[] meeting = ["--redis", "127.0.0.1:{redis.bindings.tcp.port}"];
        Assert.Equal("dotnet", grid.Resource.Command);
        Assert.Equal(
            ["/opt/vitgrid/vitgrid.dll", "serve", "--urls", UrlOf("embeddings"), "--role", "api", .. meeting],
            await ArgumentsAsync(grid.Resource));
        VitGridWorkerResource[] workers = [.. builder.Resources.OfType<VitGridWorkerResource>()];
        Assert.Equal(["embeddings-worker-1", "embeddings-worker-2", "embeddings-worker-3"], workers.Select(worker => worker.Name));
        Assert.Equal(
            [
                "/opt/vitgrid/vitgrid.dll", "serve", "--urls", UrlOf("embeddings-worker-2"), "--role", "worker", .. meeting,
                "--model", "clip-nano",
            ],
            await ArgumentsAsync(workers[1]));
        ExecutableResource[] all = [grid.Resource, .. workers];
        Assert.All(all, resource =>
        {
            Assert.Single(resource.Annotations.OfType<HealthCheckAnnotation>());
            Assert.Single(resource.Annotations.OfType<OtlpExporterAnnotation>());
            Assert.Equal("redis", Assert.Single(resource.Annotations.OfType<WaitAnnotation>()).Resource.Name);
        });
        Assert.All(workers, worker => Assert.Same(grid.Resource, worker.Parent));
    }

    [Fact]
    public async Task A_key_is_asked_for_by_the_server_and_sent_by_its_clients()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        IResourceBuilder<ParameterResource> key = builder.AddParameter("key", "vg-1", secret: true);
        IResourceBuilder<VitGridResource> grid = builder.AddVitGrid("embeddings").WithApiKey("keys.json", key);
        IReadOnlyList<string> arguments = await ArgumentsAsync(grid.Resource);
        Assert.Equal(["--VitGrid:Auth:Mode=required", "--VitGrid:Auth:KeyFile=keys.json"], arguments.TakeLast(2));
        Assert.Equal("Endpoint={embeddings.bindings.http.url};Key={key.value}", grid.Resource.ConnectionStringExpression.ValueExpression);
    }

    [Fact]
    public void What_contradicts_is_refused()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        EndpointReference redis = builder.AddRedis("redis").GetEndpoint("tcp");
        IResourceBuilder<VitGridResource> grid = builder.AddVitGrid("embeddings");
        Assert.Throws<ArgumentOutOfRangeException>(() => grid.WithWorkers(redis, 0));
        grid.WithWorkers(redis, 1);
        Assert.Throws<InvalidOperationException>(() => grid.WithWorkers(redis, 1));
        Assert.Throws<ArgumentException>(() => grid.WithModel(" "));
    }

    /// <summary>The arguments, with what is known only when it runs as a manifest writes it.</summary>
    private static async Task<IReadOnlyList<string>> ArgumentsAsync(ExecutableResource resource)
    {
        CommandLineArgsCallbackContext context = new([], resource);
        foreach (CommandLineArgsCallbackAnnotation annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
            await annotation.Callback(context);
        return [.. context.Args.Select(argument => argument is IManifestExpressionProvider known ? known.ValueExpression : $"{argument}")];
    }

    private static string UrlOf(string resource) => $"http://127.0.0.1:{{{resource}.bindings.http.targetPort}}";
}
