using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Reading;
using VitGrid.Model.Encoders;
using VitGrid.Server.Verbs.Embed;

namespace VitGrid.Server.Verbs.Search;

/// <summary>A query as it is compared.</summary>
/// <param name="Query">What was asked.</param>
/// <param name="Vector">Its vector, of length one; null where there is none.</param>
/// <param name="Error">Why there is none.</param>
internal sealed record QueryVector(SearchQuery Query, float[]? Vector, ItemError? Error);

/// <summary>Makes the vectors of a search: those of its queries, and those that a folder lacks, all in the form that is compared.</summary>
internal sealed class SearchEncoder
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromHours(1);
    private readonly EmbedPipeline _images;
    private readonly Terminal _terminal;

    private SearchEncoder(EmbedPipeline images, KeptSchema schema, Terminal terminal) =>
        (_images, Schema, _terminal) = (images, schema, terminal);

    /// <summary>Whether words can be compared with the vectors.</summary>
    private bool TakesWords { get; init; }

    /// <summary>What the vectors have in common.</summary>
    public KeptSchema Schema { get; }

    /// <summary>
    /// An encoder for the vectors of <paramref name="index"/>; null: for those of a folder, which are the model's published ones.
    /// </summary>
    /// <exception cref="VerbException">The model is not the one that the index was made with.</exception>
    public static SearchEncoder For(VectorIndex? index, InProcessGrid running, GridOptions grid, Terminal terminal)
    {
        ModelInfo model = running.Models[0];
        EmbeddingRequest template = IndexAgreement.Template(index, model, grid) with { Lane = Lane.Bulk, Timeout = AnswerTimeout };
        ImageReader reader = new(grid.Images.Limits, terminal.OpenInput, ImageReader.OpenTimeout);
        EmbedPipeline images = new(
            running.Embedder.EmbedAsync,
            reader,
            template,
            vector => VectorForm.From(vector, VectorLength.One),
            EmbedPipeline.WindowOf(grid))
        {
            Tokenize = (text, cancellation) => running.Texts.TokenizeAsync(model, text, truncate: true, cancellation),
        };
        bool isPublished = (template.Pooling ?? model.Architecture.Poolings.Default) == model.Architecture.Poolings.Default
            && (template.Layer == -1 || template.Layer == model.Architecture.Depth);
        Pooling pooling = template.Pooling ?? model.Architecture.Poolings.Default;
        string profile = grid.Profile(model, template.Preprocess, template.Exif).Key;
        KeptSchema schema = new(model.Name, model.Fingerprint!, model.Arithmetic, profile, model.DimensionsOf(pooling));
        return new(images, schema, terminal) { TakesWords = model.TextTower is not null && isPublished };
    }

    /// <summary>Makes the queries' vectors, in their order.</summary>
    public async Task<IReadOnlyList<QueryVector>> EncodeAsync(IReadOnlyList<SearchQuery> queries, CancellationToken cancellationToken)
    {
        if (!TakesWords && queries.FirstOrDefault(query => !query.IsImage) is { Given: { } words })
        {
            throw new VerbException($"'{words}' is no file, and model '{Schema.Model}' embeds images, not words; name an image, or a model "
                + "of two towers with --model");
        }
        List<QueryVector> vectors = [];
        ImageFile[] files =
        [
            .. queries.Select(query => query.IsImage
                ? new ImageFile(query.Given, query.Given == "-" ? null : query.Given) : ImageFile.OfText(query.Given)),
        ];
        await foreach (EmbedOutcome outcome in _images.RunAsync(files, cancellationToken))
            vectors.Add(new(queries[outcome.Index], outcome.Vector, outcome.Error));
        foreach (QueryVector failed in vectors.Where(vector => vector.Error is not null))
            _terminal.Say($"vitgrid: {failed.Query.Given}: {failed.Error!.Message}");
        return vectors;
    }

    /// <summary>Makes the vectors that a folder lacks; what was made until a failure or a signal is kept.</summary>
    /// <returns>The images that have none.</returns>
    public async Task<IReadOnlyList<EmbedOutcome>> FillAsync(FolderVectors folder, CancellationToken cancellationToken)
    {
        RunFigures figures = new(folder.Missing.Count);
        if (folder.Missing.Count == 0)
            return figures.Failures;
        try
        {
            string title = $"embedding {folder.Missing.Count} images of {folder.Folder}, once";
            await ProgressDisplay.RunAsync(_terminal, title, _terminal.ErrorIsTerminal, async report =>
            {
                await foreach (EmbedOutcome outcome in _images.RunAsync(folder.Missing, cancellationToken))
                {
                    figures.Count(outcome);
                    if (outcome.Vector is { } vector)
                        folder.Add(outcome.File, vector);
                    report(figures.Fraction);
                }
            });
        }
        catch
        {
            _ = folder.Complete();
            throw;
        }
        figures.Print(_terminal, Schema.Model, verbose: false);
        return figures.Failures;
    }
}
