using VitGrid.Access.Metering;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Spool;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary><c>/v1/files</c> and <c>/v1/batches</c>: there in every role with an API, at work where a queue is configured.</summary>
internal static class BatchServices
{
    public static IServiceCollection AddBatches(this IServiceCollection services, ServerOptions options)
    {
        services
            .AddSingleton(options.Indexing)
            .AddSingleton<SpoolFolder>()
            .AddSingleton(provider => new QueueGateway(
                options.Indexing, QueueOwner.NameFrom(options.Cluster), provider.GetRequiredService<ILogger<QueueGateway>>()))
            .AddSingleton<FileUpload>()
            .AddSingleton<BatchLines>()
            .AddSingleton(provider => new BatchLimits(provider.GetService<Limiter>(), provider.GetService<UsageMeter>()))
            .AddSingleton<BatchAccess>()
            .AddSingleton<BatchCreation>();
        return options.Indexing.Redis is null || options.Role == GridRole.Worker ? services : services
            .AddSingleton<BatchExecution>()
            .AddHostedService<BatchKeeper>();
    }
}
