using System.CommandLine;
using VitGrid.Indexing.Submission;

namespace VitGrid.Server.Verbs.Search;

/// <summary>The options of <c>vitgrid search</c>.</summary>
internal sealed class SearchOptions
{
    private const int DefaultTop = 5;

    private readonly SharedOptions _shared = new("the index's own; of a folder clip-nano");
    private readonly Argument<string> _source = new("FOLDER|INDEX")
    {
        Description = "A folder of images, whose vectors are made once and kept in it (.vitgrid); or what 'index' or 'embed --out' wrote: "
            + "the folder of npy: or parquet:, the file of jsonl:, or one .npy, .parquet or .jsonl file",
    };

    private readonly Argument<string[]> _queries = new("IMAGE|\"TEXT\"")
    {
        Description = "What to look for: a file that is there is an image, - reads one from standard input, anything else is words",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<int?> _top = ValueOption.Number(
        "--top", "K", $"How many to find for each [default: {DefaultTop}]", 1, 10_000);

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON lines, also on a terminal" };

    public void AddTo(Command verb)
    {
        verb.Add(_source);
        verb.Add(_queries);
        verb.Add(_shared.Model);
        verb.Add(_top);
        verb.Add(_json);
        _shared.AddPlacementTo(verb);
    }

    public SearchSettings Read(ParseResult parsed)
    {
        SearchQuery[] queries = [.. parsed.GetRequiredValue(_queries).Select(ToQuery)];
        if (queries.Count(query => query is { Given: "-", IsImage: true }) > 1)
            throw new UsageException("'-' stands for standard input and can be given once");
        return new()
        {
            Source = parsed.GetRequiredValue(_source),
            Queries = queries,
            Model = parsed.GetValue(_shared.Model),
            Grid = new()
            {
                Devices = parsed.GetValue(_shared.Devices),
                Precision = _shared.PrecisionIn(parsed),
                Segments = parsed.GetValue(_shared.Segments),
            },
            Top = parsed.GetValue(_top) ?? DefaultTop,
            Json = parsed.GetValue(_json),
            Verbose = parsed.GetValue(SharedOptions.Verbose),
        };
    }

    /// <summary>Words that look like a file's name are a mistake that would find something all the same.</summary>
    private static SearchQuery ToQuery(string given)
    {
        if (given == "-" || File.Exists(given))
            return new(given, IsImage: true);
        if (Directory.Exists(given))
            throw new UsageException($"'{given}' is a folder; name one image of it, or words");
        if (ImageWalk.IsImageName(given))
            throw new UsageException($"'{given}' is no file, and as words it would find something all the same; correct the path");
        return new(given, IsImage: false);
    }
}
