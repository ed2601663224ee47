using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.Hosting;

public sealed class StartTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task While_the_grid_is_still_joining_the_door_says_that_it_lives_and_what_it_waits_for()
    {
        Joining joining = new();
        FakeGrid grid = new() { Models = [], Readiness = new(["the table: no worker has been met yet"]) };
        await using TestApi door = await TestApi.OpenAsync(
            grid: grid, services: services => services.AddHostedService(_ => joining), start: false);
        Task start = door.App.StartAsync();
        await joining.Began.WaitAsync(Timeout);
        Assert.True(SpinWait.SpinUntil(
            () => !door.App.Urls.Single().EndsWith(":0", StringComparison.Ordinal), Timeout), "the door never listened");
        using HttpClient http = new() { BaseAddress = new Uri(door.App.Urls.Single()) };

        Assert.Equal("""{"status":"live"}""", await http.GetStringAsync("/health/live"));
        Assert.Contains("no worker has been met yet", await (await http.GetAsync("/health/ready")).Content.ReadAsStringAsync(),
            StringComparison.Ordinal);
        Assert.False(start.IsCompleted);
        joining.Joined.SetResult();
        await start.WaitAsync(Timeout);
    }

    private sealed class Joining : IHostedService
    {
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Began => _began.Task;

        public TaskCompletionSource Joined { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _began.SetResult();
            return Joined.Task.WaitAsync(cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
