using VitGrid.Engine.Options;
using VitGrid.Indexing.Reading;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Verbs.Embed;
using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Verbs.Search;

/// <summary><c>vitgrid search</c>: the nearest images of a folder or an index, exactly, by an image or by words.</summary>
internal static class SearchVerb
{
    public static Verb Create(VerbContext context)
    {
        SearchOptions options = new();
        Verb verb = new(
            "search",
            "Find the nearest images of a folder or an index by cosine, exactly. A table on a terminal, a JSON line a query elsewhere. "
                + "Exit code 2: done, but some images failed.",
            "vitgrid search ./photos \"a red house\"",
            "vitgrid search ./photos a.jpg",
            "vitgrid search ./photos a.jpg b.jpg --top 3 --json",
            "vitgrid search vectors.parquet a.jpg");
        options.AddTo(verb);
        verb.SetAction((parsed, cancellation) => RunAsync(
            context, options.Read(parsed), parsed.GetValue(SharedOptions.Config), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(
        VerbContext context, SearchSettings settings, string? file, CancellationToken cancellationToken)
    {
        Terminal terminal = context.Terminal;
        VectorIndex? index = await FindIndexAsync(settings.Source, cancellationToken);
        GridOptions grid = GridOf(settings, index, file, new ModelLocator(context.Roots));
        await using InProcessGrid running = await QuantisingDisplay.RunAsync(
            terminal, grid.Models[0].Name, progress => InProcessGrid.StartAsync(
                grid, context.Decoder, settings.Verbose, progress, cancellationToken));
        SearchEncoder encoder = SearchEncoder.For(index, running, grid, terminal);
        IReadOnlyList<QueryVector> queries = await encoder.EncodeAsync(settings.Queries, cancellationToken);
        VectorScan scan = new([.. queries.Select(query => query.Vector).OfType<float[]>()], settings.Top);
        bool whole = index is null
            ? await ScanFolderAsync(settings.Source, encoder, scan, terminal, cancellationToken)
            : await ScanIndexAsync(index, scan, terminal, cancellationToken);
        await new SearchPrinter(terminal, settings, index is null ? "file" : "id", running.Models[0].Name)
            .PrintAsync(queries, scan, cancellationToken);
        return whole && queries.All(query => query.Error is null) ? ExitCode.Done : ExitCode.SomeItemsFailed;
    }

    private static async Task<VectorIndex?> FindIndexAsync(string source, CancellationToken cancellationToken)
    {
        VectorIndex? index = await VectorIndex.FindAsync(source, cancellationToken);
        if (index is null && !Directory.Exists(source))
        {
            throw new VerbException($"'{source}' is neither a folder of images nor an index; an index is the folder of a sink npy: or "
                + "parquet:, the file of jsonl:, or one .npy, .parquet or .jsonl file that vitgrid has written");
        }
        return index;
    }

    private static GridOptions GridOf(SearchSettings settings, VectorIndex? index, string? file, ModelLocator locator)
    {
        string model = settings.Model ?? index?.Facts.Model ?? ModelRoots.WordsModel;
        try
        {
            return (settings.Grid with { Models = [model] }).Over(OptionsReader.Read(ServerConfiguration.Load(file, [])), locator);
        }
        catch (VerbException exception) when (settings.Model is null && index?.Facts.Model is not null)
        {
            throw new VerbException($"{index.Path} was made with a model '{model}'; name its folder with --model: {exception.Message}");
        }
    }

    private static async Task<bool> ScanFolderAsync(
        string folder, SearchEncoder encoder, VectorScan scan, Terminal terminal, CancellationToken cancellationToken)
    {
        FolderVectors vectors = FolderVectors.Open(folder, encoder.Schema);
        IReadOnlyList<EmbedOutcome> failures = await encoder.FillAsync(vectors, cancellationToken);
        KeptVectors all = vectors.Complete();
        if (vectors.NotKept is { } reason)
            terminal.Say($"vitgrid: the vectors are made anew each time, since they cannot be kept in {folder}: {reason}");
        scan.Add(new([.. all.Images.Select(image => Path.Join(folder, image.File))], all.Numbers), folder, cancellationToken);
        return failures.Count == 0;
    }

    private static async Task<bool> ScanIndexAsync(
        VectorIndex index, VectorScan scan, Terminal terminal, CancellationToken cancellationToken)
    {
        await foreach (VectorBlock block in index.ReadAsync(cancellationToken))
            scan.Add(block, index.Path, cancellationToken);
        if (!index.Facts.IsWhole)
            terminal.Say($"vitgrid: {index.Path} is still being written: what is there so far, {scan.Vectors} vectors, was searched");
        return true;
    }
}
