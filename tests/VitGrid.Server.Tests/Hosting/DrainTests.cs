using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Hosting.Shutdown;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.Hosting;

public sealed class DrainTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    private static readonly ServerOptions NoLinger = new() { Shutdown = new() { LingerMilliseconds = 0 } };
    private static readonly string[] Input = [Convert.ToBase64String(FakeGrid.Image(1))];

    [Fact]
    public async Task While_draining_accepted_requests_are_answered_and_new_ones_get_503()
    {
        await using TestApi door = await TestApi.OpenAsync(NoLinger);
        Barrier barrier = new();
        door.Grid.Answer = barrier.HoldAsync;
        Task<Answer> accepted = door.JsonAsync(new { input = Input });
        await barrier.Arrived.Task.WaitAsync(Timeout);
        Task stop = door.App.Services.GetRequiredService<GracefulStop>().RunAsync();

        Answer late = await door.JsonAsync(new { input = Input });
        late.IsRefusal(503, "draining", null, "shutting down", "another server");
        Assert.Equal("5", late.Header("Retry-After"));
        Assert.True(late.Message.Headers.ConnectionClose);
        Answer ready = await door.GetAsync("/health/ready");
        Assert.Equal((503, "draining"), (ready.Status, ready.Json.GetProperty("status").GetString()));
        Assert.Equal(200, (await door.GetAsync("/health/live")).Status);
        Assert.False(stop.IsCompleted);

        barrier.Release.SetResult();
        Assert.Equal(200, (await accepted.WaitAsync(Timeout)).Status);
        await stop.WaitAsync(Timeout);
        await door.App.WaitForShutdownAsync().WaitAsync(Timeout);
        await Assert.ThrowsAsync<HttpRequestException>(() => door.JsonAsync(new { input = Input }));
    }

    [Fact]
    public async Task After_the_last_answer_late_requests_still_get_503_until_the_linger_is_over()
    {
        FakeTimeProvider time = new();
        await using TestApi door = await TestApi.OpenAsync(services: services => services.AddSingleton<TimeProvider>(time));
        Task stop = door.App.Services.GetRequiredService<GracefulStop>().RunAsync();
        (await door.JsonAsync(new { input = Input })).IsRefusal(503, "draining", null);
        Assert.False(door.App.Lifetime.ApplicationStopping.IsCancellationRequested);
        time.Advance(TimeSpan.FromMilliseconds(500));
        await stop.WaitAsync(Timeout);
        Assert.True(door.App.Lifetime.ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task Requests_that_outlast_the_drain_are_cut_off_with_503()
    {
        FakeTimeProvider time = new();
        await using TestApi door = await TestApi.OpenAsync(services: services => services.AddSingleton<TimeProvider>(time));
        Barrier barrier = new();
        door.Grid.Answer = barrier.HoldAsync;
        Task<Answer> accepted = door.JsonAsync(new { input = Input });
        await barrier.Arrived.Task.WaitAsync(Timeout);
        Task stop = door.App.Services.GetRequiredService<GracefulStop>().RunAsync();
        time.Advance(TimeSpan.FromSeconds(59.9));
        Assert.False(stop.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));
        (await accepted.WaitAsync(Timeout)).IsRefusal(503, "draining", null);
        await stop.WaitAsync(Timeout);
        Assert.Contains(door.Logs.Lines, line => line.Message.Contains(
            "1 requests were not answered within 60000 ms", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_told_to_stop_drains_closes_its_port_and_returns()
    {
        await using TestApi door = await TestApi.OpenAsync(NoLinger, start: false);
        Barrier barrier = new();
        door.Grid.Answer = barrier.HoldAsync;
        using CancellationTokenSource signal = new();
        Task run = ServerHost.RunAsync(door.App, signal.Token);
        await door.StartedAsync().WaitAsync(Timeout);
        Task<Answer> accepted = door.JsonAsync(new { input = Input });
        await barrier.Arrived.Task.WaitAsync(Timeout);
        await signal.CancelAsync();
        (await door.JsonAsync(new { input = Input })).IsRefusal(503, "draining", null);
        Assert.False(run.IsCompleted);
        barrier.Release.SetResult();
        Assert.Equal(200, (await accepted.WaitAsync(Timeout)).Status);
        await run.WaitAsync(Timeout);
        await Assert.ThrowsAsync<HttpRequestException>(() => door.JsonAsync(new { input = Input }));
    }

    [Fact]
    public async Task A_host_stopped_from_elsewhere_lets_nothing_new_in()
    {
        await using TestApi door = await TestApi.OpenAsync(NoLinger);
        DrainGate gate = door.App.Services.GetRequiredService<DrainGate>();
        door.App.Lifetime.StopApplication();
        Assert.True(gate.IsDraining);
        Assert.Throws<ApiException>(() => gate.Enter());
    }

    [Fact]
    public async Task The_gate_is_empty_when_the_last_of_many_has_left()
    {
        using DrainGate gate = new();
        DrainGate.Pass first = gate.Enter();
        DrainGate.Pass second = gate.Enter();
        Task empty = gate.DrainAsync();
        first.Dispose();
        Assert.Equal((1, false), (gate.Inside, empty.IsCompleted));
        second.Dispose();
        await empty.WaitAsync(Timeout);
        Assert.True(gate.DrainAsync().IsCompleted);
    }

    /// <summary>Holds an image until the test lets it go, or until it is cancelled.</summary>
    private sealed class Barrier
    {
        public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<EmbeddingResult> HoldAsync(EmbeddingRequest request, CancellationToken cancellationToken)
        {
            Arrived.TrySetResult();
            await Release.Task.WaitAsync(cancellationToken);
            return FakeGrid.Result(FakeGrid.VectorOf(request.Image.Span));
        }
    }
}
