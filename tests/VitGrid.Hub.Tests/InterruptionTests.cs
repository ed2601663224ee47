using Microsoft.AspNetCore.Http;
using VitGrid.Testing;

namespace VitGrid.Hub.Tests;

/// <summary>Connections that are cut, servers that are busy, bytes that are wrong.</summary>
public sealed class InterruptionTests : HubTest
{
    private static readonly PlayedFile Weights = Repositories.TwoTowers.Single(file => file.Path == "model.safetensors");

    private string Blob => Path.Combine(Cache, "models--org--clip", "blobs", Weights.Hash);

    [Fact]
    public async Task A_cut_connection_goes_on_where_it_was_cut()
    {
        Hub.With("org/clip", Repositories.TwoTowers);
        int cuts = 0;
        Hub.Before = async context =>
        {
            if (!IsWeights(context) || cuts++ >= 4)
                return false;
            int from = PlayedHub.FromOf(context);
            await PlayedHub.CutAsync(context, Weights, from, Math.Min(500_000, Weights.Bytes.Length - from));
            return true;
        };
        PullResult pulled = await PullAsync("org/clip");
        Assert.Equal(Weights.Bytes, File.ReadAllBytes(Blob));
        Assert.Equal(5, Hub.Requests.Count(request => request.Path.StartsWith("/storage/", StringComparison.Ordinal)));
        Assert.Equal(pulled.Bytes, pulled.FetchedBytes);
    }

    [Fact]
    public async Task What_came_before_a_pull_was_stopped_is_not_fetched_again()
    {
        Hub.With("org/clip", Repositories.TwoTowers);
        using CancellationTokenSource stop = new();
        TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Hub.Before = async context =>
        {
            if (!IsWeights(context))
                return false;
            context.Response.ContentLength = Weights.Bytes.Length;
            await context.Response.Body.WriteAsync(Weights.Bytes.AsMemory(0, 1_000_000));
            await context.Response.Body.FlushAsync();
            await over.Task;
            return true;
        };
        TaskCompletionSource onlyTheRest = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<PullResult> first = PullAsync("org/clip", cancellation: stop.Token, progress: now =>
        {
            if (now.Bytes - now.FetchedBytes == Weights.Bytes.Length - 1_000_000)
                onlyTheRest.TrySetResult();
        });
        await onlyTheRest.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(File.Exists(Blob));
        over.SetResult();
        Hub.Before = _ => Task.FromResult(false);
        PullResult second = await PullAsync("org/clip");
        Assert.Equal(2_000_000, second.FetchedBytes);
        Assert.Contains(Hub.Requests, request => request.Range == "bytes=1000000-");
        Assert.Equal(Weights.Bytes, File.ReadAllBytes(Blob));
    }

    [Fact]
    public async Task A_server_that_knows_no_ranges_is_read_from_the_beginning()
    {
        Hub.With("org/clip", Repositories.TwoTowers);
        Begun(Weights.Bytes[..700_000]);
        Hub.Before = async context =>
        {
            if (!IsWeights(context))
                return false;
            context.Response.ContentLength = Weights.Bytes.Length;
            await context.Response.Body.WriteAsync(Weights.Bytes);
            return true;
        };
        await PullAsync("org/clip");
        Assert.Equal(Weights.Bytes, File.ReadAllBytes(Blob));
    }

    [Fact]
    public async Task Wrong_bytes_of_an_earlier_attempt_are_thrown_away_once()
    {
        Hub.With("org/clip", Repositories.TwoTowers);
        Begun(new byte[700_000]);
        await PullAsync("org/clip");
        Assert.Equal(Weights.Bytes, File.ReadAllBytes(Blob));
    }

    [Fact]
    public async Task A_file_with_another_checksum_is_refused_and_nothing_of_it_stays()
    {
        Hub.With("org/clip", Repositories.TwoTowers);
        Hub.Before = async context =>
        {
            if (!IsWeights(context))
                return false;
            byte[] changed = [.. Weights.Bytes];
            changed[1_234_567] ^= 1;
            await PlayedHub.SendAsync(context, Weights with { Bytes = changed });
            return true;
        };
        string message = await RefusedAsync("org/clip");
        Assert.Contains($"model.safetensors of org/clip came with the checksum ", message, StringComparison.Ordinal);
        Assert.Contains($" instead of {Weights.Hash}, twice", message, StringComparison.Ordinal);
        Assert.False(File.Exists(Blob));
        Assert.False(File.Exists(Blob + ".incomplete"));
        Assert.False(File.Exists(Path.Combine(Cache, "models--org--clip", "refs", "main")));
    }

    [Fact]
    public async Task A_connection_that_never_gives_anything_is_given_up()
    {
        Hub.With("org/clip", Repositories.TwoTowers);
        Hub.Before = async context =>
        {
            if (!IsWeights(context))
                return false;
            await PlayedHub.CutAsync(context, Weights, PlayedHub.FromOf(context), 0);
            return true;
        };
        // Whether the answer's head came before the cut is up to the network.
        Assert.Matches("what came is kept: pull again|cannot be fetched from", await RefusedAsync("org/clip"));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    [InlineData(500)]
    public async Task A_busy_hub_is_asked_again(int status)
    {
        Hub.With("org/clip", Repositories.TwoTowers);
        int refusals = 0;
        Hub.Before = context =>
        {
            if (refusals++ >= 3)
                return Task.FromResult(false);
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = "0";
            return Task.FromResult(true);
        };
        Assert.Equal(8, (await PullAsync("org/clip")).Files);
    }

    private static bool IsWeights(HttpContext context) => context.Request.Path.Value == $"/storage/{Weights.Hash}";

    private void Begun(byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Blob)!);
        File.WriteAllBytes(Blob + ".incomplete", bytes);
    }
}
