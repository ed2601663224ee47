namespace VitGrid.Client.Tests;

public sealed class CancellationTests
{
    public static TheoryData<Func<VitGridClient, CancellationToken, Task>> Calls => new()
    {
        (client, token) => client.ModelsAsync(token),
        (client, token) => client.SendAsync(new(), token),
        (client, token) => client.EmbedAsync([], null, token),
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_that_is_given_up_before_it_begins_sends_nothing(Func<VitGridClient, CancellationToken, Task> call)
    {
        await using StubServer server = await StubServer.StartAsync(Answers.Models);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call(server.Client, new(canceled: true)));
        Assert.Empty(server.Requests);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_that_is_given_up_under_way_ends_and_the_server_sees_it_leave(Func<VitGridClient, CancellationToken, Task> call)
    {
        TaskCompletionSource arrived = new(), left = new();
        await using StubServer server = await StubServer.StartAsync(async context =>
        {
            using CancellationTokenRegistration gone = context.RequestAborted.Register(left.SetResult);
            arrived.SetResult();
            await left.Task;
        });
        using CancellationTokenSource giveUp = new();
        Task running = call(server.Client, giveUp.Token);
        await arrived.Task;
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await left.Task;
    }
}
