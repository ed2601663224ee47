using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Aspire.Hosting;
using VitGrid.Client;
using VitGrid.Tests.Golden;

namespace VitGrid.Aspire.Tests;

/// <summary>An app host whose orchestrator starts Redis, a front end and two workers as processes of this machine.</summary>
public sealed class OrchestratedTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [OrchestratedFact]
    public async Task A_client_finds_a_grid_of_two_workers_by_its_connection_string_once_it_is_healthy()
    {
        using CancellationTokenSource limit = new(Limit);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vitgrid-aspire-");
        try
        {
            using var builder = DistributedApplicationTestingBuilder.Create();
            IResourceBuilder<ExecutableResource> redis = builder.AddExecutable("redis", "redis-server", folder.FullName, "--save", "")
                .WithEndpoint(name: "tcp", scheme: "tcp");
            EndpointReference meeting = redis.GetEndpoint("tcp");
            redis.WithArgs(context =>
            {
                context.Args.Add("--port");
                context.Args.Add(ReferenceExpression.Create($"{meeting.Property(EndpointProperty.TargetPort)}"));
            });
            builder.AddVitGrid("embeddings", OrchestratedFactAttribute.Server).WithModel("internvit-nano").WithWorkers(meeting);

            await using DistributedApplication app = await builder.BuildAsync(limit.Token);
            await app.StartAsync(limit.Token);
            await app.ResourceNotifications.WaitForResourceHealthyAsync("embeddings", limit.Token);

            HostApplicationBuilder program = Host.CreateEmptyApplicationBuilder(new());
            program.Configuration.AddInMemoryCollection(
                [new("ConnectionStrings:embeddings", await app.GetConnectionStringAsync("embeddings", limit.Token))]);
            program.AddVitGridClient("embeddings");
            using IHost host = program.Build();
            var images = host.Services.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
            DataContent house = await ImageContent.FromUriAsync(
                new(Path.Combine(GoldenFiles.Repository, "docs", "images", "house.png")), cancellationToken: limit.Token);
            ReadOnlyMemory<float> vector = await images.GenerateVectorAsync(house, cancellationToken: limit.Token);
            // As README shows it.
            Assert.InRange(vector.Span[0], -0.0495f, -0.0492f);
            await app.StopAsync(limit.Token);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
