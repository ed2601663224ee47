using System.Collections.Concurrent;
using System.Net;
using System.Text;
using k8s;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting.Kubernetes;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>A silo with <c>Cluster:Kubernetes</c>, and a server in the place of Kubernetes' API.</summary>
public sealed class KubernetesHostingTests
{
    private const string Pod =
        """
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"vitgrid-worker-a","namespace":"grids",
         "labels":{"orleans/serviceId":"vitgrid","orleans/clusterId":"vitgrid"}}}
        """;

    [RedisFact]
    public async Task A_silo_is_named_after_its_pod_and_asks_kubernetes_for_the_pods_of_its_cluster_only()
    {
        using RedisServer redis = await RedisServer.StartAsync();
        using PodApi api = new();
        Environment.SetEnvironmentVariable(KubernetesHostingOptions.PodNameEnvironmentVariable, "vitgrid-worker-a");
        Environment.SetEnvironmentVariable(KubernetesHostingOptions.PodNamespaceEnvironmentVariable, "grids");
        using IHost worker = ClusterHosts.Worker(ClusterHosts.Cluster(redis) with { Kubernetes = true }, services =>
            services.Configure<KubernetesHostingOptions>(
                hosting => hosting.GetClientConfiguration = () => new KubernetesClientConfiguration { Host = api.Address }));
        await worker.StartAsync().WaitAsync(Waits.Limit);

        Assert.NotEmpty(await ClusterHosts.EmbedAsync(worker, 1));
        Assert.Equal("vitgrid-worker-a", worker.Services.GetRequiredService<IOptions<SiloOptions>>().Value.SiloName);
        Assert.Equal("GET /api/v1/namespaces/grids/pods/vitgrid-worker-a", api.Asked.First());
        Assert.NotEmpty(api.Asked.Skip(1));
        Assert.All(api.Asked.Skip(1), request => Assert.StartsWith(
            "GET /api/v1/namespaces/grids/pods?labelSelector=orleans/serviceId=vitgrid,orleans/clusterId=vitgrid", request,
            StringComparison.Ordinal));
        await worker.StopAsync().WaitAsync(Waits.Limit);
    }

    /// <summary>Knows one pod.</summary>
    private sealed class PodApi : IDisposable
    {
        private readonly HttpListener _listener = new();

        public PodApi()
        {
            Address = $"http://127.0.0.1:{RedisServer.FreePort()}";
            _listener.Prefixes.Add(Address + "/");
            _listener.Start();
            _ = AnswerAllAsync();
        }

        public string Address { get; }

        public ConcurrentQueue<string> Asked { get; } = new();

        public void Dispose() => _listener.Close();

        private async Task AnswerAllAsync()
        {
            try
            {
                while (true)
                    await AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception) when (!_listener.IsListening)
            {
                // The test is over.
            }
        }

        private async Task AnswerAsync(HttpListenerContext context)
        {
            string path = Uri.UnescapeDataString(context.Request.Url!.PathAndQuery);
            Asked.Enqueue($"{context.Request.HttpMethod} {path}");
            // A watch stays open and says nothing.
            if (path.Contains("watch=true", StringComparison.Ordinal))
                return;
            string body = path.Contains('?', StringComparison.Ordinal)
                ? $$"""{"kind":"PodList","apiVersion":"v1","items":[{{Pod}}]}""" : Pod;
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
            context.Response.Close();
        }
    }
}
