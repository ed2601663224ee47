using System.Globalization;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Tests.Sessions;

public sealed class DeviceThreadTests
{
    [Fact]
    public async Task All_work_runs_on_one_thread_in_the_order_it_was_handed_in()
    {
        await using DeviceThread device = new("test", capacity: 100);
        List<int> order = [];
        HashSet<int> threads = [];
        Task<int>[] work = [.. Enumerable.Range(0, 50).Select(i => device.RunAsync(() =>
        {
            order.Add(i);
            threads.Add(Environment.CurrentManagedThreadId);
            return i;
        }))];
        await Task.WhenAll(work);
        Assert.Equal(Enumerable.Range(0, 50), order);
        Assert.Single(threads);
    }

    [Fact]
    public async Task A_failure_reaches_its_caller_and_leaves_the_thread_working()
    {
        await using DeviceThread device = new("test", capacity: 1);
        await Assert.ThrowsAsync<InvalidDataException>(() => device.RunAsync<int>(() => throw new InvalidDataException()));
        Assert.Equal(7, await device.RunAsync(() => 7));
    }

    [Fact]
    public async Task A_caller_beyond_the_capacity_waits_and_can_give_up()
    {
        await using DeviceThread device = new("test", capacity: 1);
        using ManualResetEventSlim release = new();
        Task<int> running = device.RunAsync(() =>
        {
            release.Wait();
            return 1;
        });
        using CancellationTokenSource giveUp = new();
        Task<int> waiting = device.RunAsync(() => 2, giveUp.Token);
        Assert.False(waiting.IsCompleted);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        release.Set();
        Assert.Equal(1, await running);
    }

    [Fact]
    public async Task Stopping_finishes_what_was_taken_and_refuses_what_comes_later()
    {
        DeviceThread device = new("test", capacity: 10);
        Task<int>[] work = [.. Enumerable.Range(0, 5).Select(i => device.RunAsync(() => i))];
        await device.DisposeAsync();
        Assert.All(work, task => Assert.True(task.IsCompletedSuccessfully));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => device.RunAsync(() => 1));
    }

    [Fact]
    public async Task A_thread_that_stands_back_has_a_higher_nice_value_than_one_that_does_not()
    {
        if (!OperatingSystem.IsLinux())
            return;
        await using DeviceThread usual = new("test", capacity: 1), standing = new("test", capacity: 1, standsBack: true);
        Assert.True(await standing.RunAsync(NiceValue) > await usual.RunAsync(NiceValue));
        Assert.Equal(await standing.RunAsync(NiceValue), ComputeThread.Run(NiceValue));
    }

    [Fact]
    public void What_a_thread_that_stands_back_throws_reaches_its_caller() =>
        Assert.Throws<InvalidDataException>(() => ComputeThread.Run<int>(() => throw new InvalidDataException()));

    /// <summary>Of the present thread: the 19th field of its line, the 17th after the name in brackets.</summary>
    private static int NiceValue() =>
        int.Parse(File.ReadAllText("/proc/thread-self/stat").Split(')')[^1].Split(
            ' ', StringSplitOptions.RemoveEmptyEntries)[16], CultureInfo.InvariantCulture);
}
