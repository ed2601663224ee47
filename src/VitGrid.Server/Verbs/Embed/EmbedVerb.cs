using VitGrid.Grains;
using VitGrid.Grains.Options;

namespace VitGrid.Server.Verbs.Embed;

/// <summary><c>vitgrid embed</c>: pictures in, vectors out, through the same grid that serves HTTP, in this process.</summary>
internal static class EmbedVerb
{
    // A slow machine with a large model takes minutes a picture, and nobody else is waiting.
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    public static Verb Create(VerbContext context)
    {
        EmbedOptions options = new();
        Verb verb = new(
            "embed",
            "Embed pictures without a server. Exit code 2: done, but some pictures failed.",
            "vitgrid embed ./photos --neighbours 3",
            "vitgrid embed a.jpg b.png --model ~/models/InternViT-300M-448px-V2_5 --pooling mean > vectors.jsonl",
            "vitgrid embed ./photos --output npy --out vectors.npy",
            "curl -s https://example.org/a.jpg | vitgrid embed -");
        options.AddTo(verb);
        verb.SetAction((parsed, cancellation) => RunAsync(context.Terminal, options.Read(parsed, context.Roots), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(Terminal terminal, EmbedSettings settings, CancellationToken cancellation)
    {
        IReadOnlyList<PictureFile> files = PictureFiles.Find(settings.Sources);
        if (files.Count == 0)
            throw new VerbException($"no pictures below {string.Join(", ", settings.Sources)}; name files, or a folder with .jpg, .png, .webp or the like");
        int dimensions = EmbedChecks.Check(settings, files.Count);
        using OutcomeSinks sinks = OutcomeSinks.For(settings, dimensions, terminal, cancellation);

        GridOptions gridOptions = settings.Grid.ToOptions();
        RunFigures figures = new();
        await using InProcessGrid grid = await InProcessGrid.StartAsync(gridOptions, settings.Verbose, cancellation);
        figures.Started();
        EmbedPipeline pipeline = new(
            grid.Embedder.EmbedAsync,
            new PictureReader(gridOptions.Images, terminal.OpenInput),
            RequestOf(settings),
            settings.Length == VectorLength.One ? vector => VectorForm.Unit(vector.Span) : vector => vector.ToArray(),
            window: gridOptions.Batching.MaxBatchSize * ((settings.Grid.Segments ?? gridOptions.Devices.Count) + 1));
        bool bar = terminal.ErrorIsTerminal && !(terminal.OutIsTerminal && settings.StreamsToOutput);
        await ProgressDisplay.RunAsync(terminal, $"embedding {files.Count} pictures", bar, async report =>
        {
            await foreach (EmbedOutcome outcome in pipeline.RunAsync(files, cancellation))
            {
                sinks.Write(outcome);
                figures.Count(outcome);
                report((double)figures.Pictures / files.Count);
            }
        });
        sinks.Complete();
        figures.Print(terminal, settings);
        return figures.Failures.Count == 0 ? ExitCode.Done : ExitCode.SomeItemsFailed;
    }

    private static EmbeddingRequest RequestOf(EmbedSettings settings) => new()
    {
        Model = settings.Model.Name,
        Image = default,
        Preprocess = settings.Preprocess,
        Layer = settings.Layer,
        Pooling = settings.Pooling,
        Lane = Lane.Bulk,
        Timeout = Patience,
    };
}
