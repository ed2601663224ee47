using System.Net;
using Microsoft.Extensions.DependencyInjection.Extensions;
using VitGrid.Cluster.Administration;
using VitGrid.Cluster.Hosting;
using VitGrid.Engine.Features;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Texts;
using VitGrid.Indexing.Hosting;
using VitGrid.Runtime.Health;
using VitGrid.Server.Api;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Cohere;
using VitGrid.Server.Api.Features;
using VitGrid.Server.Api.KServe;
using VitGrid.Server.Api.KServe.Rpc;
using VitGrid.Server.Api.OpenAi;
using VitGrid.Server.Api.OpenAi.Answers;
using VitGrid.Server.Api.Operations;
using VitGrid.Server.Api.Origins;
using VitGrid.Server.Api.Pages;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Access;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Hosting.Shutdown;
using VitGrid.Transport;

namespace VitGrid.Server.Hosting;

/// <summary>One process of the grid behind its HTTP front end, ready to run.</summary>
internal static class ServerHost
{
    /// <summary>Builds the host. <paramref name="addGrid"/> registers the grid and a <see cref="GridGateway"/> to it.</summary>
    /// <param name="options">What was configured.</param>
    /// <param name="addGrid">Registers the grid, last, so that it may replace what stands here.</param>
    /// <param name="urls">Where to listen; none takes <see cref="HttpOptions.Urls"/>.</param>
    public static WebApplication Create(ServerOptions options, Action<WebApplicationBuilder> addGrid, params string[] urls)
    {
        ListenAddresses addresses = ListenAddresses.From(options, urls);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Services
            .AddGateway(options)
            .AddAccess(options, AccessDecision.From(options.Auth.Mode, addresses.All))
            .AddShutdown(options.Shutdown)
            .AddVitGridMetrics()
            .AddOtlpExport(builder.Configuration)
            .AddVitGridOpenApi()
            .AddProtocol(new OpenAiProtocol(), options)
            .AddProtocol(new KServeProtocol(), options)
            .AddProtocol(new CohereProtocol(), options)
            .AddPage(options);
        if (addresses.ServeGrpc)
            builder.Services.AddProtocol(new KServeRpcProtocol(), options);
        builder.Services.AddSingleton(addresses);
        builder.Logging.AddOneLineConsole();
        bool isSecure = addresses.All.Any(HttpOptions.IsSecure);
        if (isSecure)
            builder.UseHttps(options.Http);
        builder.WebHost
            .ConfigureKestrel(kestrel =>
            {
                Limit(kestrel.Limits, options.Http);
                // Kestrel refuses bytes in a header that are not UTF-8 with an empty answer; as Latin-1 all are letters,
                // and each reader judges its own.
                kestrel.RequestHeaderEncodingSelector = _ => System.Text.Encoding.Latin1;
            });
        addresses.ListenIn(builder);
        addGrid(builder);
        WebApplication app = builder.Build();
        app.UseVitGridApi(options.Role);
        // Made now, or "started" would be the time of the first question.
        _ = app.Services.GetRequiredService<ServerClock>();
        if (isSecure)
            _ = app.Services.GetRequiredService<HttpsCertificates>();
        app.Lifetime.ApplicationStarted.Register(() => StartLog.Tell(app));
        return app;
    }

    /// <summary>
    /// Runs until <paramref name="cancellationToken"/> is signalled (Ctrl-C, SIGTERM) and everything that was accepted is answered.
    /// </summary>
    public static async Task RunAsync(WebApplication app, CancellationToken cancellationToken)
    {
        GracefulStop graceful = app.Services.GetRequiredService<GracefulStop>();
        Task drained = Task.CompletedTask;
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using CancellationTokenRegistration signal = either.Token.Register(() => drained = graceful.RunAsync());
        if (app.Services.GetService<LeaveRequest>() is { } leave)
            _ = leave.Asked.ContinueWith(
                _ => either.Cancel(), cancellationToken, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        // Taken before the host is disposed of.
        CancellationToken started = app.Lifetime.ApplicationStarted;
        try
        {
            await app.RunAsync();
        }
        catch (Exception) when (either.IsCancellationRequested && !started.IsCancellationRequested)
        {
            // It was stopped while it started. Each service says in its own way that it was cancelled; none of them has anything to hand
            // over yet.
        }
        await drained;
    }

    private static IServiceCollection AddGateway(this IServiceCollection services, ServerOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, AnswerJson.Client);
            json.SerializerOptions.TypeInfoResolverChain.Insert(1, OperationsJson.Readable);
            json.SerializerOptions.PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower;
        });
        // What a route cannot read is refused in the contract's shape, not with an empty answer.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        return services
            // The front end listens while the grid is still joining others, so that whoever watches the process sees it alive.
            .Configure<HostOptions>(host => host.ServicesStartConcurrently = true)
            .AddSingleton(options)
            .AddSingleton(options.Http)
            .AddSingleton(BodyMemory.From(options.Http))
            .AddSingleton(new FeatureMemory(options.Features.HeldBytes))
            .AddSingleton(new HostNames(options.Http, options.Grpc.Url))
            .AddSingleton(new OriginRules(options.Http))
            .AddCrossOrigin(options.Http)
            .AddSingleton<ServerClock>()
            .AddSingleton(provider => new UrlFetcher(
                options.UrlFetch, options.Images.MaxFileBytes, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton(options.Images)
            .AddSingleton<ImageUrls>()
            .AddSingleton<RequestInputs>()
            .AddSingleton<BodyReader>()
            .AddSingleton<EmbeddingHandler>()
            .AddSingleton<FeatureHandler>()
            .AddSingleton<ProtocolSet>()
            .AddSingleton<RequestFailures>()
            .AddSingleton<ErrorWriter>();
    }

    private static IServiceCollection AddShutdown(this IServiceCollection services, ShutdownOptions options) => services
        .AddSingleton(options)
        .AddSingleton<DrainGate>()
        .AddSingleton<GracefulStop>()
        .Replace(ServiceDescriptor.Singleton<IHostLifetime, QuietLifetime>());

    private static void Limit(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerLimits limits, HttpOptions http)
    {
        // Kestrel's own limit closes the connection under a client that is still sending; RequestBody counts instead and answers.
        limits.MaxRequestBodySize = null;
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(http.KeepAliveSeconds);
    }
}

/// <summary>Puts the grid behind the front end; the one place where the server meets Orleans.</summary>
internal static class GridWiring
{
    public static void AddGrid(
        this WebApplicationBuilder builder, GridOptions options, GridRole role = GridRole.All, DataPlaneOptions? dataPlane = null)
    {
        if (role == GridRole.Api)
        {
            builder.AddVitGridFrontEnd(options, dataPlane);
            // Without roots of its own it has no page of jobs, and reads nothing that items name.
            if (options.Indexing is { IsOn: true, Roots.Count: > 0 })
                builder.Services.AddItemThumbnails(options.Indexing);
        }
        else
        {
            builder.AddVitGrid(options, dataPlane).Services.AddIndexing(
                options.Indexing, provider => provider.GetRequiredService<GridNode>().Describe().Name);
        }
        builder.Services.AddSingleton(services => new GridGateway(
            services.GetRequiredService<Embedder>().EmbedAsync,
            () => services.GetRequiredService<ModelCatalog>().Models,
            options.Devices)
        {
            Foresee = services.GetRequiredService<Embedder>().Foresee,
            Texts = TextGateway.From(services.GetRequiredService<TextTokenizers>()),
            CacheFormat = options.Cache.Redis is null ? null : options.Cache.Format,
            Node = services.GetRequiredService<GridNode>().Describe,
            Readiness = ReadinessOf(
                services.GetRequiredService<GridNode>(), services.GetRequiredService<DeviceHealth>(), role,
                options.Cluster.Redis is not null),
            Missing = options.Missing,
            Health = services.GetRequiredService<DeviceHealth>().Find,
        });
    }

    /// <summary>A worker is asked for segments, a front end for answers; a grid of one process is ready when it answers.</summary>
    private static Func<GridReadiness> ReadinessOf(GridNode node, DeviceHealth health, GridRole role, bool clustered) => role switch
    {
        GridRole.Worker => () => node.Worker().And(GridReadiness.FromDevices(health.All)),
        GridRole.All when clustered => () => node.Worker().And(node.FrontEnd()).And(GridReadiness.FromDevices(health.All)),
        GridRole.All => () => node.FrontEnd().And(GridReadiness.FromDevices(health.All)),
        _ => node.FrontEnd,
    };
}

/// <summary>What the server says once it listens: where.</summary>
internal static partial class StartLog
{
    public static void Tell(WebApplication app)
    {
        ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("VitGrid.Server");
        string? grpc = app.Services.GetRequiredService<ListenAddresses>().Grpc is null ? null : app.Urls.Last();
        foreach (string url in app.Urls)
        {
            if (url == grpc)
                LogGrpc(log, url);
            else
                LogListening(log, url);
            if (IsPlaintextBeyondLoopback(url))
                LogPlaintext(log, url);
        }
        AccessStartLog.Tell(app.Services, log);
    }

    /// <summary>Whether other machines reach the address, and what they send can be read on the way.</summary>
    internal static bool IsPlaintextBeyondLoopback(string url) => !HttpOptions.IsSecure(url) && BindingAddress.Parse(url).Host is var host
        && host != "localhost" && !(IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));

    [LoggerMessage(7032, LogLevel.Warning,
        "{Url} is open to other machines and speaks plaintext: images, vectors and keys can be read on the way. Listen on https with "
            + "VitGrid:Http:Certificate, or put a proxy with TLS in front")]
    private static partial void LogPlaintext(ILogger log, string url);

    [LoggerMessage(7033, LogLevel.Information, "gRPC is listened on at {Url}: inference.GRPCInferenceService, health, reflection")]
    private static partial void LogGrpc(ILogger log, string url);

    [LoggerMessage(7031, LogLevel.Information, "listening on {Url}; POST {Url}/v1/embeddings, GET {Url}/info")]
    private static partial void LogListening(ILogger log, string url);
}

/// <summary>The table of contents of the HTTP front end.</summary>
internal static class ApiRoutes
{
    public static WebApplication UseVitGridApi(this WebApplication app, GridRole role = GridRole.All)
    {
        app.UsePageApi();
        app.UseMiddleware<RequestIds>();
        app.UseMiddleware<RefusedBodies>();
        app.UseMiddleware<OriginGuard>();
        app.UseCrossOrigin();
        app.UseRoutingWithHead();
        app.UseMiddleware<RequestTimes>();
        app.UseMiddleware<ErrorMiddleware>();
        app.UseAccess();
        app.UseMiddleware<UnreadQueries>();
        // A worker's images come over the data plane.
        if (role != GridRole.Worker)
        {
            app.MapProtocols();
            app.MapOpenApi("/openapi/{documentName}.json").RequireKey();
            app.MapApiReference();
            app.MapPage();
        }
        HealthEndpoint.Map(app);
        InfoEndpoint.Map(app);
        app.MapVitGridMetrics();
        return app;
    }
}
