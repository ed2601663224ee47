using System.Runtime.CompilerServices;
using VitGrid.Engine.Requests;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>
/// Pushes images through the grid with a bounded number under way and gives back what became of each, in input order, as
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
            ReadOnlyMemory<byte> image = await reader.ReadAsync(file, cancellationToken);
            EmbeddingResult result = await embed(template with { Image = image }, cancellationToken);
            return new(file.Name, index, encode(result.Vector), null)
            {
                IgnoredOrientation = result.IgnoredOrientation,
                Features = result.Features,
                Inputs = Math.Max(1, result.Grid.Inputs),
            };
        }
        catch (Exception exception) when (ItemErrors.From(exception) is { } error)
        {
            return new(file.Name, index, null, error);
        }
    }
}
