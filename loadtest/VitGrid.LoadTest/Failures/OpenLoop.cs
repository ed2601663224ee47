using System.Collections.Concurrent;
using System.Diagnostics;
using VitGrid.Client;

namespace VitGrid.LoadTest.Failures;

/// <summary>
/// A steady load: a request is due every 1 / rate seconds, whatever became of those before, as clients that know nothing of each other
/// send them. Each asks for one image, past the cache unless <paramref name="cache"/> says otherwise, and compares the answer with the
/// truth.
/// </summary>
internal sealed class OpenLoop(VitGridClient client, Truth truth, double rate, string cache = "bypass") : IDisposable
{
    /// <summary>The deadline each request gives the server.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>How much longer the client waits: a server that keeps its deadline answers before that.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private const int MaxUnderWay = 4096;

    private readonly ConcurrentQueue<Attempt> _attempts = new();
    private readonly SemaphoreSlim _free = new(MaxUnderWay);
    private readonly Stopwatch _clock = new();

    /// <summary>Time since the beginning of the load.</summary>
    public TimeSpan Now => _clock.Elapsed;

    /// <summary>What became of every request that has ended.</summary>
    public IReadOnlyCollection<Attempt> Attempts => _attempts;

    /// <summary>Sends until <paramref name="cancellationToken"/>, then waits for the last answers.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<Task> sent = [];
        _clock.Start();
        for (int i = 0; await IsDueAsync(TimeSpan.FromSeconds(i / rate), cancellationToken); i++)
            sent.Add(SendAsync(i, TimeSpan.FromSeconds(i / rate)));
        await Task.WhenAll(sent);
    }

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();

    private async Task<bool> IsDueAsync(TimeSpan due, CancellationToken cancellationToken)
    {
        if (due > Now)
            await Task.Delay(due - Now, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }

    private async Task SendAsync(int index, TimeSpan due)
    {
        if (!_free.Wait(0, CancellationToken.None))
        {
            _attempts.Enqueue(new(due, Now, Outcome.Failed, $"not sent: {MaxUnderWay} under way"));
            return;
        }
        (Outcome outcome, string? fault) = await AskAsync(client, truth, index, cache);
        _attempts.Enqueue(new(due, Now, outcome, fault));
        _free.Release();
    }

    /// <summary>Sends one request and judges its answer.</summary>
    public static async Task<(Outcome Outcome, string? Fault)> AskAsync(
        VitGridClient client, Truth truth, int index, string cache = "bypass")
    {
        using CancellationTokenSource limit = new(Deadline + Timeout);
        EmbeddingsRequest request = new() { Cache = cache, TimeoutMs = (int)Deadline.TotalMilliseconds };
        try
        {
            IReadOnlyList<float[]> vectors = await client.EmbedAsync([truth.Image(index)], request, limit.Token);
            return (truth.Holds(index, vectors[0]) ? Outcome.Answered : Outcome.Wrong, null);
        }
        catch (VitGridException exception)
        {
            return (Outcome.Failed, $"{(int)exception.Status} {exception.Code}");
        }
        catch (HttpRequestException exception)
        {
            return (Outcome.Failed, $"broken off ({exception.HttpRequestError})");
        }
        catch (OperationCanceledException)
        {
            return (Outcome.Failed, $"no answer in {(Deadline + Timeout).TotalSeconds} s");
        }
    }
}
