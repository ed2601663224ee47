using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VitGrid.Cluster.Hosting;
using VitGrid.Cluster.Tests.Grid;

namespace VitGrid.Cluster.Tests.Hosting;

/// <summary>The silo's part of a stop has a limit of its own.</summary>
public sealed class BoundedStopTests
{
    [Fact]
    public async Task A_silo_that_waits_for_somebody_who_is_away_is_cut_off_at_the_limit_and_not_before()
    {
        FakeTimeProvider time = new();
        Waiting silo = new();
        Task stop = new BoundedStop(silo, time, NullLogger<BoundedStop>.Instance).StopAsync(CancellationToken.None);
        time.Advance(BoundedStop.Limit - TimeSpan.FromMilliseconds(1));
        Assert.False(silo.IsCut);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await stop.WaitAsync(Waits.Limit);
        Assert.True(silo.IsCut);
    }

    [Fact]
    public void The_host_of_a_worker_has_it_in_the_place_of_the_silos_own_service()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.AddVitGrid(TestGrid.Options());
        using IHost host = builder.Build();
        Assert.Single(host.Services.GetServices<IHostedService>().OfType<BoundedStop>());
        Assert.DoesNotContain(host.Services.GetServices<IHostedService>(), service => service.GetType().Name == "SiloHostedService");
    }

    private sealed class Waiting : IHostedService
    {
        public bool IsCut { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            IsCut = true;
        }
    }
}
