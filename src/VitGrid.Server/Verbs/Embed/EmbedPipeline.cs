using System.Runtime.CompilerServices;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>
/// Pushes images and texts through the grid with a bounded number under way and gives back what became of each, in input order, as
/// soon as it and all before it are done.
/// </summary>
/// <param name="embed">The grid.</param>
/// <param name="reader">Reads the files.</param>
/// <param name="template">The request, but for the image.</param>
/// <param name="encode">Makes the output's vector from the grid's.</param>
/// <param name="window">Most images under way.</param>
internal sealed class EmbedPipeline(
    Func<EmbeddingRequest, CancellationToken, Task<EmbeddingResult>> embed,
    ImageReader reader,
    EmbeddingRequest template,
    Func<ReadOnlyMemory<float>, float[]> encode,
    int window)
{
    /// <summary>Cuts a text into tokens. Default: there are none.</summary>
    public Func<string, CancellationToken, ValueTask<TokenIds>> Tokenize { get; init; } =
        (text, _) => throw new InvalidOperationException($"'{text}' came to a pipeline for images");

    /// <summary>Images under way that keep a grid of one model busy: a full batch in every stage and one more waiting.</summary>
    public static int WindowOf(GridOptions grid)
    {
        int stages = grid.Models[0].Segments > 0 ? grid.Models[0].Segments : grid.Devices.Count;
        return Math.Min(grid.Batching.MaxBatchSize * (stages + 1), grid.Queue.MaxImages);
    }

    public async IAsyncEnumerable<EmbedOutcome> RunAsync(
        IReadOnlyList<ImageFile> files, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Queue<Task<EmbedOutcome>> underWay = new(window);
        try
        {
            for (int next = 0; next < files.Count || underWay.Count > 0;)
            {
                while (next < files.Count && underWay.Count < window)
                    underWay.Enqueue(EmbedAsync(files[next], next++, abandoned.Token));
                yield return await underWay.Dequeue();
            }
        }
        finally
        {
            await abandoned.CancelAsync();
            await ((Task)Task.WhenAll(underWay)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<EmbedOutcome> EmbedAsync(ImageFile file, int index, CancellationToken cancellationToken)
    {
        try
        {
            EmbeddingResult result = await embed(await RequestAsync(file, cancellationToken), cancellationToken);
            return new(file.Name, index, encode(result.Vector), null)
            {
                IsText = file.Text is not null,
                IgnoredOrientation = result.IgnoredOrientation,
                Features = result.Features,
                Inputs = Math.Max(1, result.Grid.Inputs),
            };
        }
        catch (Exception exception) when (ItemErrors.From(exception) is { } error)
        {
            return new(file.Name, index, null, error) { IsText = file.Text is not null };
        }
    }

    /// <summary>What concerns images alone is not said of a text.</summary>
    private async Task<EmbeddingRequest> RequestAsync(ImageFile file, CancellationToken cancellationToken) => file.Text is { } text
        ? new()
        {
            Model = template.Model,
            Text = await Tokenize(text, cancellationToken),
            Lane = template.Lane,
            Timeout = template.Timeout,
        }
        : template with { Image = await reader.ReadAsync(file, cancellationToken) };
}
