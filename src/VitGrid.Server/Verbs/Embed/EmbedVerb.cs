using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Verbs.Embed;

/// <summary><c>vitgrid embed</c>: images in, vectors out, through the same grid that serves HTTP, in this process.</summary>
internal static class EmbedVerb
{
    // A slow machine with a large model takes minutes an image, and nobody else is waiting.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromHours(1);

    public static Verb Create(VerbContext context)
    {
        EmbedOptions options = new();
        Verb verb = new(
            "embed",
            "Embed images and texts without a server. Exit code 2: done, but some of them failed.",
            "vitgrid embed ./photos --neighbours 3",
            "vitgrid embed a.jpg b.png --model ~/models/InternViT-300M-448px-V2_5 --pooling mean > vectors.jsonl",
            "vitgrid embed --text \"a red house\" --text @captions.txt > texts.jsonl",
            "vitgrid embed ./photos --exif apply --out vectors.jsonl",
            "vitgrid embed ./photos --output parquet --out vectors.parquet",
            "vitgrid embed ./photos --features \"layers=2,-1;dtype=fp16\" --out features.safetensors",
            "curl -s https://example.org/a.jpg | vitgrid embed -");
        options.AddTo(verb);
        verb.SetAction((parsed, cancellation) => RunAsync(
            context, options.Read(parsed), parsed.GetValue(SharedOptions.Config), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(
        VerbContext context, EmbedSettings settings, string? file, CancellationToken cancellationToken)
    {
        Terminal terminal = context.Terminal;
        GridOptions grid = settings.Grid.Over(OptionsReader.Read(ServerConfiguration.Load(file, [])), new ModelLocator(context.Roots));
        IReadOnlyList<ImageFile> files = [.. FindImages(settings), .. settings.Texts.Select(ImageFile.OfText)];
        int dimensions = EmbedChecks.Check(settings, grid.Models[0], files.Count);
        using OutcomeSinks sinks = OutcomeSinks.For(settings, grid.Models[0].Name, dimensions, terminal);

        RunFigures figures = new(files.Count);
        await using (InProcessGrid running = await QuantisingDisplay.RunAsync(
            terminal, grid.Models[0].Name, progress => InProcessGrid.StartAsync(
                grid, context.Decoder, settings.Verbose, progress, cancellationToken)))
        {
            figures.Started();
            FeaturePlan? plan = settings.Features is { } features
                ? FeatureOption.Plan(features, running.Models[0], files.Count, grid.Features, settings.Format) : null;
            using OutcomeSinks written = plan is null ? sinks : OutcomeSinks.For(settings, plan);
            using CancellationTokenRegistration stopping = cancellationToken.Register(
                () => terminal.Say("stopping after the batch that is being computed; Ctrl-C again ends at once"));
            EmbedPipeline pipeline = PipelineOf(settings, grid, running, plan, terminal);
            IAsyncEnumerable<EmbedOutcome> outcomes = pipeline.RunAsync(files, cancellationToken);
            bool bar = terminal.ErrorIsTerminal && !(terminal.OutIsTerminal && settings.StreamsToOutput);
            await ProgressDisplay.RunAsync(
                terminal, $"embedding {files.Count} {(settings.Texts.Count > 0 ? "inputs" : "images")}", bar, report => ReceiveAsync(
                    outcomes, written, figures, report, cancellationToken));
            figures.Stopped();
            await written.CompleteAsync(cancellationToken);
        }
        figures.Print(terminal, grid.Models[0].Name, settings.Verbose);
        return figures.Failures.Count == 0 ? ExitCode.Done : ExitCode.SomeItemsFailed;
    }

    private static IReadOnlyList<ImageFile> FindImages(EmbedSettings settings) => settings.Sources is [] ? []
        : ImageFiles.Find(settings.Sources) is { Count: > 0 } files ? files
        : throw new VerbException(
            $"no images below {string.Join(", ", settings.Sources)}; name files, or a folder with .jpg, .png, .webp or the like");

    private static async Task ReceiveAsync(
        IAsyncEnumerable<EmbedOutcome> outcomes, OutcomeSinks sinks, RunFigures figures, Action<double> report,
        CancellationToken cancellationToken)
    {
        await foreach (EmbedOutcome outcome in outcomes)
        {
            await sinks.WriteAsync(outcome, cancellationToken);
            figures.Count(outcome);
            report(figures.Fraction);
        }
    }

    private static EmbedPipeline PipelineOf(
        EmbedSettings settings, GridOptions grid, InProcessGrid running, FeaturePlan? plan, Terminal terminal)
    {
        EmbeddingRequest template = new()
        {
            Model = grid.Models[0].Name,
            Image = default,
            Preprocess = settings.Preprocess,
            Exif = settings.Exif,
            Layer = settings.Layer,
            Pooling = settings.Pooling,
            Lane = Lane.Bulk,
            Timeout = AnswerTimeout,
            Features = plan?.Order,
            Tiling = plan?.Tiling,
        };
        int window = EmbedPipeline.WindowOf(grid);
        if (plan is not null)
            window = (int)Math.Clamp(grid.Features.WindowBytes / plan.ImageBytes, 1, window);
        ImageReader reader = new(grid.Images.Limits, terminal.OpenInput, ImageReader.OpenTimeout);
        return new(running.Embedder.EmbedAsync, reader, template, vector => VectorForm.From(vector, settings.Length), window)
        {
            Tokenize = (text, cancellation) => running.Texts.TokenizeAsync(running.Models[0], text, truncate: true, cancellation),
        };
    }
}
