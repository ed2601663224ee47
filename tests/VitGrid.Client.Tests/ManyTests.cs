using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace VitGrid.Client.Tests;

/// <summary>Any number of items, in order and within bounds.</summary>
public sealed class ManyTests
{
    [Fact]
    public async Task Results_come_in_the_order_of_the_items_with_their_own_vectors_and_errors()
    {
        await using StubServer server = await EchoAsync();
        List<EmbedResult<int>> results = await ListAsync(server.Client.EmbedManyAsync(
            Numbers(100), Read, new() { BatchSize = 7, Concurrency = 5, Request = new() { Pooling = "mean" } }));
        Assert.Equal(Enumerable.Range(0, 100), results.Select(result => result.Item));
        Assert.Equal(Enumerable.Range(0, 100), results.Select(result => (int)result.Index));
        Assert.All(results, result =>
        {
            bool isBad = result.Item % 10 == 3;
            Assert.Equal(isBad ? null : [result.Item, 1f], result.Vector);
            Assert.Equal(isBad ? "image_decode_failed" : null, result.Error?.Code);
        });
        Assert.Equal(15, server.Requests.Count);
        Assert.All(server.Requests, request => Assert.Contains(
            "\"pooling\":\"mean\",\"embedding_type\":\"float\",\"on_error\":\"partial\"", request.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_more_items_are_read_than_batches_may_be_held()
    {
        await using StubServer server = await EchoAsync();
        int read = 0;
        await using IAsyncEnumerator<EmbedResult<int>> results = server.Client.EmbedManyAsync(
            Numbers(10_000),
            (item, token) =>
            {
                read++;
                return Read(item, token);
            },
            new() { BatchSize = 4, Concurrency = 3 }).GetAsyncEnumerator();
        Assert.True(await results.MoveNextAsync());
        // Three batches are held; the fourth was read, and the item after it that found it full, before the first result was given out.
        Assert.Equal(17, read);
    }

    [Fact]
    public async Task A_batch_takes_no_further_input_above_its_bytes_and_a_large_one_goes_alone()
    {
        await using StubServer server = await EchoAsync();
        int[] lengths = [30, 30, 30, 3_000, 30];
        List<EmbedResult<int>> results = await ListAsync(server.Client.EmbedManyAsync(
            Items(lengths), (length, _) => new(EmbeddingInput.FromImage(new byte[length])), new() { BatchBytes = 100 }));
        Assert.Equal(lengths, results.Select(result => result.Item));
        Assert.Equal([2, 1, 1, 1], server.Requests.Select(request => Inputs(request.Body).Length).OrderDescending());
    }

    [Fact]
    public async Task A_batch_that_is_too_large_for_the_server_is_halved_until_the_item_that_is_remains()
    {
        await using StubServer server = await EchoAsync(body => body.Contains("\"5\"", StringComparison.Ordinal) ? 413 : 200);
        List<EmbedResult<int>> results = await ListAsync(server.Client.EmbedManyAsync(Numbers(8), Read, new() { BatchSize = 8 }));
        Assert.Equal(Enumerable.Range(0, 8), results.Select(result => result.Item));
        Assert.Equal("image_too_large", results[5].Error!.Code);
        Assert.Equal([3, 5], results.Where(result => result.Vector is null).Select(result => result.Item));
    }

    [Fact]
    public async Task What_fails_a_whole_request_ends_all()
    {
        await using StubServer server = await EchoAsync(_ => 401);
        await Assert.ThrowsAsync<VitGridException>(() => ListAsync(server.Client.EmbedManyAsync(Numbers(100), Read)));
    }

    [Fact]
    public async Task Whoever_leaves_early_leaves_no_request_behind()
    {
        TaskCompletionSource left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using StubServer server = await StubServer.StartAsync(async context =>
        {
            // The first item's, which is given out first; either may arrive first.
            if (((string)context.Items["body"]!).Contains("\"0\"", StringComparison.Ordinal))
            {
                await held.Task;
                await context.Response.WriteAsync(Answer.With(0));
                return;
            }
            using CancellationTokenRegistration gone = context.RequestAborted.Register(() => left.TrySetResult());
            held.TrySetResult();
            await left.Task;
        });
        await foreach (EmbedResult<int> _ in server.Client.EmbedManyAsync(Numbers(2), Read, new() { BatchSize = 1, Concurrency = 2 }))
            break;
        await left.Task;
    }

    [Fact]
    public async Task Bounds_out_of_range_are_refused_before_anything_is_read()
    {
        await using StubServer server = await EchoAsync();
        EmbedManyOptions[] wrong =
        [
            new() { BatchSize = 0 }, new() { BatchSize = 257 }, new() { BatchBytes = 0 }, new() { Concurrency = 0 },
            new() { Concurrency = 65 },
        ];
        foreach (EmbedManyOptions options in wrong)
            Assert.Throws<ArgumentOutOfRangeException>(() => server.Client.EmbedManyAsync(Numbers(1), Read, options));
        Assert.Empty(server.Requests);
    }

    private static ValueTask<EmbeddingInput> Read(int item, CancellationToken cancellationToken) => new(EmbeddingInput.FromText($"{item}"));

    private static IAsyncEnumerable<int> Numbers(int count) => Items([.. Enumerable.Range(0, count)]);

    private static async IAsyncEnumerable<int> Items(int[] items)
    {
        foreach (int item in items)
        {
            await Task.Yield();
            yield return item;
        }
    }

    private static async Task<List<EmbedResult<int>>> ListAsync(IAsyncEnumerable<EmbedResult<int>> results)
    {
        List<EmbedResult<int>> list = [];
        await foreach (EmbedResult<int> result in results)
            list.Add(result);
        return list;
    }

    private static JsonElement[] Inputs(string body) =>
        [.. JsonDocument.Parse(body).RootElement.GetProperty("input").EnumerateArray()];

    /// <summary>Answers each text with its number and a one, those that end in 3 with an error, backwards.</summary>
    private static Task<StubServer> EchoAsync(Func<string, int>? status = null) => StubServer.StartAsync(context =>
        {
            string body = (string)context.Items["body"]!;
            context.Response.StatusCode = status?.Invoke(body) ?? 200;
            if (context.Response.StatusCode != 200)
                return context.Response.WriteAsync(Answers.TooLarge);
            IEnumerable<string> items = Inputs(body).Select((input, index) =>
            {
                string text = input.TryGetProperty("text", out JsonElement word) ? word.GetString()! : "0";
                return text.EndsWith('3')
                    ? $$$"""{"object":"error","index":{{{index}}},"error":{"message":"m","type":"t","code":"image_decode_failed"}}"""
                    : $$"""{"object":"embedding","index":{{index}},"embedding":[{{text}},1]}""";
            });
            return context.Response.WriteAsync($$$"""
                {"data":[{{{string.Join(',', items.Reverse())}}}],"model":"m",
                "usage":{"prompt_tokens":1,"total_tokens":1,"images":1},"id":"e","created":1}
                """);
        });
}
