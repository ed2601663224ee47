using System.Net;
using System.Runtime.CompilerServices;

namespace VitGrid.Client;

/// <content>Any number of inputs, in requests that are sent side by side.</content>
public sealed partial class VitGridClient
{
    /// <summary>
    /// Embeds any number of items. They are read as they are needed, sent in batches, several at once, and come out in the order in which
    /// they went in; at most <see cref="EmbedManyOptions.Concurrency"/> batches are held, so that a slow reader of the results slows the
    /// rest down. An item that the server cannot embed comes out with its error and stops no other.
    /// </summary>
    /// <typeparam name="T">What an item is to the caller: a file's name, a row, an id with its image.</typeparam>
    /// <param name="items">The items.</param>
    /// <param name="read">An item's image or text, e.g. the file's bytes; called for one item at a time.</param>
    /// <param name="options">Bounds, and what is asked for; null: the defaults.</param>
    /// <param name="cancellationToken">Gives everything up.</param>
    /// <exception cref="VitGridException">The server refused a whole request for another reason than its items, e.g. the key.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached, or broke off.</exception>
    public IAsyncEnumerable<EmbedResult<T>> EmbedManyAsync<T>(
        IAsyncEnumerable<T> items, Func<T, CancellationToken, ValueTask<EmbeddingInput>> read, EmbedManyOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(read);
        EmbedManyOptions bounds = options ?? new();
        bounds.Check();
        return RunManyAsync(items, read, bounds, cancellationToken);
    }

    private async IAsyncEnumerable<EmbedResult<T>> RunManyAsync<T>(
        IAsyncEnumerable<T> items, Func<T, CancellationToken, ValueTask<EmbeddingInput>> read, EmbedManyOptions options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Queue<Task<EmbedResult<T>[]>> window = new(options.Concurrency);
        try
        {
            await foreach (Batch<T> batch in Batches(items, read, options, stop.Token).ConfigureAwait(false))
            {
                if (window.Count == options.Concurrency)
                {
                    foreach (EmbedResult<T> result in await window.Dequeue().ConfigureAwait(false))
                        yield return result;
                }
                window.Enqueue(EmbedBatchAsync(batch, options.Request, stop.Token));
            }
            while (window.TryDequeue(out Task<EmbedResult<T>[]>? next))
            {
                foreach (EmbedResult<T> result in await next.ConfigureAwait(false))
                    yield return result;
            }
        }
        finally
        {
            // Whoever leaves early, or met an error, leaves no request behind that nobody waits for.
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(window)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async IAsyncEnumerable<Batch<T>> Batches<T>(
        IAsyncEnumerable<T> items, Func<T, CancellationToken, ValueTask<EmbeddingInput>> read, EmbedManyOptions options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Batch<T> batch = new(0, [], []);
        long bytes = 0;
        await foreach (T item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            EmbeddingInput input = await read(item, cancellationToken).ConfigureAwait(false);
            bool isFull = batch.Items.Count == options.BatchSize || bytes + input.Length > options.BatchBytes;
            if (isFull && batch.Items.Count > 0)
            {
                yield return batch;
                (batch, bytes) = (new(batch.First + batch.Items.Count, [], []), 0);
            }
            batch.Items.Add(item);
            batch.Inputs.Add(input);
            bytes += input.Length;
        }
        if (batch.Items.Count > 0)
            yield return batch;
    }

    private async Task<EmbedResult<T>[]> EmbedBatchAsync<T>(
        Batch<T> batch, EmbeddingsRequest? options, CancellationToken cancellationToken)
    {
        try
        {
            EmbeddingsResponse answer = await SendAsync(Vectors(options, batch.Inputs, "partial"), cancellationToken).ConfigureAwait(false);
            return [.. AnswerReader.Items(answer, batch.Items.Count).Select(
                (item, index) => new EmbedResult<T>(batch.Items[index], batch.First + index, item.Vector, item.Error))];
        }
        catch (VitGridException exception) when (exception.Status == HttpStatusCode.RequestEntityTooLarge)
        {
            if (batch.Items.Count == 1)
            {
                ErrorBody error = new(exception.Message, "invalid_request_error", exception.Param, exception.Code);
                return [new(batch.Items[0], batch.First, null, error)];
            }
        }
        // The server's bound is below ours: the halves may fit, and of those that do not the culprit remains.
        (Batch<T> first, Batch<T> second) = batch.Halves();
        return
        [
            .. await EmbedBatchAsync(first, options, cancellationToken).ConfigureAwait(false),
            .. await EmbedBatchAsync(second, options, cancellationToken).ConfigureAwait(false),
        ];
    }

    private sealed record Batch<T>(long First, List<T> Items, List<EmbeddingInput> Inputs)
    {
        public (Batch<T> First, Batch<T> Second) Halves()
        {
            int half = Items.Count / 2;
            return (new(First, Items[..half], Inputs[..half]), new(First + half, Items[half..], Inputs[half..]));
        }
    }
}
