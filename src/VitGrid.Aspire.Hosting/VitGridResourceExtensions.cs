using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace VitGrid.Aspire.Hosting;

/// <summary>Adds VitGrid to an app host of .NET Aspire.</summary>
public static class VitGridResourceExtensions
{
    private const string Ready = "/health/ready";

    /// <summary>
    /// Adds a server, which runs as a process of this machine and listens to it alone: health at <c>/health/ready</c>, traces and metrics
    /// to the dashboard. A project that references it finds it by <c>builder.AddVitGridClient(name)</c>.
    /// </summary>
    /// <param name="builder">The app host.</param>
    /// <param name="name">Name of the resource and its connection string.</param>
    /// <param name="program">The server: <c>vitgrid</c> on the path, its path, or the path of <c>vitgrid.dll</c>.</param>
    /// <param name="port">The port that clients use; null: any free one.</param>
    public static IResourceBuilder<VitGridResource> AddVitGrid(
        this IDistributedApplicationBuilder builder, string name, string program = "vitgrid", int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        VitGridResource resource = new(name, program, builder.AppHostDirectory);
        return builder.AddResource(resource)
            .WithHttpEndpoint(port: port, name: VitGridResource.EndpointName)
            .WithArgs(context => Launch.Front(resource, context.Args))
            .WithHttpHealthCheck(Ready)
            .WithOtlpExporter();
    }

    /// <summary>Serves a model; called again, further ones. Without it the bundled models are served.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="model">A known name, a folder with a checkpoint, or a Hugging Face id that lies in the local cache.</param>
    public static IResourceBuilder<VitGridResource> WithModel(this IResourceBuilder<VitGridResource> builder, string model)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        builder.Resource.AddModel(model);
        return builder;
    }

    /// <summary>Lets workers compute, each a process of its own; the server becomes their front end. They meet in Redis.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="redis">An endpoint of a Redis of this app host that asks for no password and speaks no TLS.</param>
    /// <param name="count">Workers, 1–64.</param>
    /// <exception cref="InvalidOperationException">It has workers already.</exception>
    public static IResourceBuilder<VitGridResource> WithWorkers(
        this IResourceBuilder<VitGridResource> builder, EndpointReference redis, int count = 2)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(redis);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 64);
        VitGridResource front = builder.Resource;
        if (front.Redis is not null)
            throw new InvalidOperationException($"{front.Name} has workers already; say how many once");
        front.Redis = redis;
        IResourceBuilder<IResource> store = builder.ApplicationBuilder.CreateResourceBuilder<IResource>(redis.Resource);
        for (int i = 1; i <= count; i++)
        {
            VitGridWorkerResource worker = new(string.Create(CultureInfo.InvariantCulture, $"{front.Name}-worker-{i}"), front);
            builder.ApplicationBuilder.AddResource(worker)
                .WithHttpEndpoint(name: VitGridResource.EndpointName)
                .WithArgs(context => Launch.Worker(worker, redis, context.Args))
                .WithHttpHealthCheck(Ready)
                .WithOtlpExporter()
                .WithParentRelationship(front)
                .WaitFor(store);
        }
        return builder.WaitFor(store);
    }

    /// <summary>Asks every request for an API key; clients of this app host get one by the connection string.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="keyFile">The file that <c>vitgrid keys create</c> wrote, from the app host's folder.</param>
    /// <param name="key">The key that clients send, a secret.</param>
    public static IResourceBuilder<VitGridResource> WithApiKey(
        this IResourceBuilder<VitGridResource> builder, string keyFile, IResourceBuilder<ParameterResource> key)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentException.ThrowIfNullOrWhiteSpace(keyFile);
        (builder.Resource.KeyFile, builder.Resource.ApiKey) = (keyFile, key.Resource);
        return builder;
    }
}
