using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Polly;
using StackExchange.Redis;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Membership;
using VitGrid.Cluster.Options;
using VitGrid.Engine.Options;
using VitGrid.Redis;
using VitGrid.Transport;
using ClusterOptions = VitGrid.Engine.Options.ClusterOptions;

namespace VitGrid.Cluster.Administration;

/// <summary>An operator's line to a running grid.</summary>
public sealed class GridAdministration : IAsyncDisposable
{
    // The planner answers within two seconds; when its worker leaves or dies, another one has it a little later.
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(4);
    private static readonly ResiliencePipeline WhileItMoves = new ResiliencePipelineBuilder().AddRetry(new()
    {
        MaxRetryAttempts = 9,
        Delay = TimeSpan.FromMilliseconds(250),
        ShouldHandle = new PredicateBuilder().Handle<TimeoutException>().Handle<OrleansException>(),
    }).Build();

    private readonly IHost _host;
    private readonly TlsOptions? _tls;

    private GridAdministration(IHost host, TlsOptions? tls) => (_host, _tls) = (host, tls);

    private IPlannerGrain Planner => _host.Services.GetRequiredService<IClusterClient>().GetGrain<IPlannerGrain>(0);

    /// <summary>Connects to the grid whose processes meet in <see cref="ClusterOptions.Redis"/>.</summary>
    /// <param name="options">Redis, the grid's id, and certificates where it uses them.</param>
    /// <param name="timeout">Longest time to look for a worker.</param>
    /// <param name="configure">Logging of the connection.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridConfigurationException">Redis is not named, cannot be reached, or no worker answers.</exception>
    public static async Task<GridAdministration> ConnectAsync(
        ClusterOptions options, TimeSpan timeout, Action<ILoggingBuilder> configure, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        GridOptions grid = new() { Models = [], Devices = [], Cluster = options };
        if (StartCheck.Faults(grid) is { Count: > 0 } faults && options.Redis is not null)
            throw new GridConfigurationException(faults);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        configure(builder.Logging);
        builder.Services.AddSingleton(grid);
        builder.UseOrleansClient(client => client.UseVitGridClient(grid));
        await EnsureRedisAsync(options);
        IHost host = builder.Build();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await host.StartAsync(limit.Token);
            return new(host, options.Tls);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            await ((IAsyncDisposable)host).DisposeAsync();
            string redis = RedisAddress.Describe(options.Redis!);
            throw new GridConfigurationException(
                [
                    $"no worker of grid '{options.Id}' answers within {timeout.TotalSeconds:0} s (Redis {redis}); start one with "
                        + $"'vitgrid serve --role worker --redis {redis}', or name another grid with --VitGrid:Cluster:Id",
                ],
                exception);
        }
    }

    /// <summary>The grid's present state; of a planner that has just begun, its first table.</summary>
    public async Task<GridStatus> StatusAsync() => GridStatus.From(
        await AskAsync(planner => planner.WatchAsync(GridTable.Empty.Version, TimeSpan.FromSeconds(2), CancellationToken.None)));

    /// <summary>Asks every worker after itself, and sends one image through every replica.</summary>
    /// <exception cref="GridConfigurationException">The certificate is a front end's, which gateways do not let ask this.</exception>
    public async Task<GridExamination> ExamineAsync()
    {
        DemandWorkersCertificate("tell it nothing of themselves");
        GridTable table = await AskAsync(
            planner => planner.WatchAsync(GridTable.Empty.Version, TimeSpan.FromSeconds(2), CancellationToken.None));
        return await new GridExaminer(_host.Services.GetRequiredService<IClusterClient>(), table, TimeProvider.System).RunAsync();
    }

    /// <summary>Asks a worker to finish what it has, hand its stages over and end its process.</summary>
    /// <returns>False when the grid has no worker of that name.</returns>
    /// <exception cref="GridConfigurationException">The certificate is a front end's, which gateways do not let ask this.</exception>
    public async Task<bool> DrainAsync(string node)
    {
        DemandWorkersCertificate("let it drain nobody");
        return await AskAsync(planner => planner.DrainAsync(node));
    }

    private void DemandWorkersCertificate(string otherwise)
    {
        if (_tls?.Files().IsFrontEnds() == true)
            throw new GridConfigurationException(
                [
                    $"VitGrid:Cluster:Tls:Certificate is '{_tls.Certificate}', a front end's: it names {CertificateRole.FrontEndName}, and "
                        + $"workers {otherwise}; use a certificate without that name",
                ]);
    }

    /// <summary>Asks again while the planner moves to another worker.</summary>
    private async Task<T> AskAsync<T>(Func<IPlannerGrain, Task<T>> question) =>
        await WhileItMoves.ExecuteAsync(async token => await question(Planner).WaitAsync(Lost, token));

    /// <summary>Orleans would look for workers in a Redis that is not there without a word.</summary>
    private static async Task EnsureRedisAsync(Engine.Options.ClusterOptions cluster)
    {
        ConfigurationOptions configuration = RedisSetting.Parse(cluster);
        configuration.AbortOnConnectFail = true;
        try
        {
            await using ConnectionMultiplexer probe = await ConnectionMultiplexer.ConnectAsync(configuration);
        }
        catch (RedisConnectionException exception)
        {
            throw new GridConfigurationException(
                [
                    $"Redis at {RedisAddress.Describe(cluster.Redis!)} does not answer ({exception.FailureType}); see that it runs, and "
                        + "check --redis",
                ],
                exception);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
