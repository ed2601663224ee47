using System.CommandLine;
using System.Globalization;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Submission;
using VitGrid.Indexing.Targets;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;

namespace VitGrid.Server.Verbs.Index;

/// <summary><c>vitgrid index submit</c>: a source into the queue.</summary>
internal static class IndexSubmit
{
    private const int ShownFaults = 20;

    public static Verb Create(VerbContext context)
    {
        SubmitOptions options = new();
        Verb verb = new(
            "submit",
            "Put images into the queue. The same job id with the same sources goes on where an earlier run stopped, and does nothing once "
                + "it was whole. Exit code 2: done, but some items failed.",
            "vitgrid index submit ./photos --model internvit-nano --sink jsonl:vectors.jsonl --queue-redis 127.0.0.1:6379 --wait",
            "vitgrid index submit items.jsonl --model internvit-nano --sink parquet:vectors --job photos-2026 --queue-redis "
                + "127.0.0.1:6379",
            "vitgrid index submit ./photos --model internvit-nano --features \"layers=-1;outputs=cls,patches;dtype=fp16\" --sink "
                + "safetensors:teacher --queue-redis 127.0.0.1:6379") { TreatUnmatchedTokensAsErrors = false };
        options.AddTo(verb);
        verb.SetAction(async (parsed, cancellation) =>
        {
            SubmitSettings settings = options.Read(parsed);
            SourceReader.Check(settings.Sources, IndexConnection.Options(parsed, settings.Redis).Indexing.S3);
            await using IndexJobService service = await IndexConnection.OpenAsync(context, parsed, settings.Redis);
            return await RunAsync(context.Terminal, service, settings, IndexConnection.Options(
                parsed, settings.Redis).Indexing.MaxLength, cancellation);
        });
        return verb;
    }

    private static async Task<int> RunAsync(
        Terminal terminal, IndexJobService service, SubmitSettings settings, int maxEntries, CancellationToken cancellationToken)
    {
        IndexJob job = await service.OpenJobAsync(settings.Job, settings.Settings, settings.Sources);
        terminal.Say(job switch
        {
            { State: not "submitting" } => $"job {job.Id} was submitted before: {Amounts.Count(job.Total)} items, {job.State}",
            { Cursor: > 0 } => $"job {job.Id} goes on after {Amounts.Count(job.Cursor)} items",
            _ => $"job {job.Id}: {job.Settings.Model} into {settings.Sink}",
        });
        SubmissionReport report = new(terminal, job.Id);
        await service.SubmitAsync(job, settings.Sources, maxEntries, new(report.Malformed, report.Progress), cancellationToken);
        job = await service.FindAsync(job.Id);
        if (report.Faults > ShownFaults)
            terminal.Say($"{Amounts.Count(report.Faults - ShownFaults)} more lines are no items");
        terminal.Say($"{Amounts.Count(job.Total)} items are in the "
            + $"queue{(job.Malformed > 0 ? $", {Amounts.Count(job.Malformed)} lines of the source are no items" : "")}");
        terminal.Out.WriteLine(job.Id);
        int code = settings.Wait ? await IndexWatch.WaitAsync(terminal, service, job.Id, cancellationToken) : ExitCode.Done;
        return code == ExitCode.Done && job.Malformed > 0 ? ExitCode.SomeItemsFailed : code;
    }

    /// <summary>Tells of a submission: faults by line, and now and then how far it is.</summary>
    private sealed class SubmissionReport(Terminal terminal, string job)
    {
        private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);
        private long _said = Environment.TickCount64;

        public long Faults { get; private set; }

        public void Malformed(string fault)
        {
            if (++Faults <= ShownFaults)
                terminal.Say($"vitgrid: {fault}");
        }

        public void Progress(SubmissionProgress progress)
        {
            if (Environment.TickCount64 - _said < Between.TotalMilliseconds)
                return;
            _said = Environment.TickCount64;
            terminal.Say($"job {job}: {Amounts.Count(progress.Items)} items "
                + $"submitted{(progress.Obstacle is { } obstacle ? $"; {obstacle}, waiting for the workers" : "")}");
        }
    }
}

/// <summary>What <c>index submit</c> was asked for.</summary>
internal sealed record SubmitSettings(
    string? Redis, string Job, JobSettings Settings, SinkSpec Sink, IReadOnlyList<string> Sources, bool Wait);

/// <summary>The options of <c>index submit</c>.</summary>
internal sealed class SubmitOptions
{
    private readonly Option<string?> _redis = IndexConnection.Redis();
    private readonly Argument<string[]> _sources = new("SOURCE")
    {
        Description = "Images, folders, patterns in quotes ('photos/**/*.jpg'), tar archives in place ('a-{0000..0099}.tar'), Parquet "
            + "files of images, s3://BUCKET/PREFIX/, @list.txt with a path or URI a line, or .jsonl with {\"id\",\"uri\"} a line",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _model = new(
        "--model") { Description = "Name of a model that the grid serves", HelpName = "NAME", Required = true };

    private readonly Option<SinkSpec?> _sink = ValueOption.From<SinkSpec?>(
        "--sink", "SINK",
        "Where vectors go: jsonl:FILE, npy:DIR, parquet:DIR, tar:DIR, safetensors:DIR or pgvector:CONNECTION;table=T; FILE and DIR may be "
            + "s3://BUCKET/PREFIX",
        ReadSink);

    private readonly Option<FeatureFields?> _features = ValueOption.From<FeatureFields?>(
        "--features", "FIELDS",
        "Store hidden states instead of vectors: fields of POST /v1/features with semicolons between, such as "
            + "\"layers=4,-1;outputs=cls,patches;layout=NCHW;dtype=fp16\" (into safetensors:DIR, or npy:DIR for one tensor)",
        FeatureText.Parse);

    private readonly Option<string?> _job = ValueOption.From<string?>("--job", "ID", "The job's id [default: made of the time]", ReadJob);

    private readonly Option<Pooling?> _pooling = ValueOption.Choice<Pooling?>(
        "--pooling",
        "Class token, mean of the patch tokens, both in a row, or the family's own [default: the model's published embedding]",
        ("cls", Pooling.Cls), ("mean", Pooling.Mean),
        ("cls+mean", Pooling.ClsMean), ("head", Pooling.Head));

    private readonly Option<int?> _layer = ValueOption.Number(
        "--layer", "L", "The block whose output is pooled: 1 is the first, -1 the last, 0 the embedding stage [default: -1]", -1_000,
        1_000);

    private readonly Option<string?> _preprocess = new(
        "--preprocess") { Description = "Preprocessing profile [default: the model's own]", HelpName = "NAME" };

    private readonly Option<ExifOrientation?> _exif = ValueOption.Choice<ExifOrientation?>(
        "--exif", "What becomes of an EXIF orientation [default: what the workers are configured for]",
        ("ignore", ExifOrientation.Ignore), ("apply", ExifOrientation.Apply));

    private readonly Option<bool> _normalize = ValueOption.Choice(
        "--normalize", "Scale vectors to length one [default: true]", ("true", true), ("false", false));

    private readonly Option<bool?> _metadata = ValueOption.Choice<bool?>(
        "--metadata",
        "Whether the .json and .txt beside an image of an archive are kept beside its vector [default: keep where a source is an archive "
            + "and the sink is of files]",
        ("keep", true), ("drop", false));

    private readonly Option<bool> _wait = new("--wait") { Description = "Show progress until the job is finished" };

    public void AddTo(Command verb)
    {
        _sink.Required = true;
        _normalize.DefaultValueFactory = _ => true;
        verb.Add(_sources);
        foreach (Option option in (Option[])[
            _model, _sink, _job, _pooling, _layer, _preprocess, _exif, _normalize, _features, _metadata,
            _wait, _redis])
            verb.Add(option);
    }

    public SubmitSettings Read(ParseResult parsed)
    {
        SinkSpec sink = parsed.GetValue(_sink)!;
        string job = parsed.GetValue(_job)
            ?? string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Guid.NewGuid().ToString("n")[..4]}");
        FeatureFields? features = FeaturesIn(parsed, sink);
        string[] sources = [.. parsed.GetRequiredValue(_sources).Where(source => !IndexConnection.IsSetting(source))];
        JobSettings settings = new(parsed.GetRequiredValue(_model), sink.Text)
        {
            Pooling = parsed.GetValue(_pooling),
            Layer = parsed.GetValue(_layer) ?? -1,
            Preprocess = parsed.GetValue(_preprocess),
            Exif = parsed.GetValue(_exif),
            Normalize = parsed.GetValue(_normalize),
            Features = features,
            Metadata = MetadataIn(parsed, sink, sources),
        };
        return new(parsed.GetValue(_redis), job, settings, sink, sources, parsed.GetValue(_wait));
    }

    private bool MetadataIn(ParseResult parsed, SinkSpec sink, string[] sources) => parsed.GetValue(_metadata) switch
    {
        true when !sink.KeepsMetadata => throw new UsageException(
            $"--metadata keep: sink {sink} is a table, which keeps none; use jsonl:FILE, npy:DIR, parquet:DIR or safetensors:DIR"),
        { } asked => asked,
        null => sink.KeepsMetadata && sources.Any(SourceReader.IsArchive),
    };

    private FeatureFields? FeaturesIn(ParseResult parsed, SinkSpec sink)
    {
        if (parsed.GetValue(_features) is not { } features)
            return null;
        foreach (Option option in (Option[])[_pooling, _layer, _normalize])
        {
            if (parsed.GetResult(option) is { Implicit: false })
                throw new UsageException($"{option.Name} is for vectors, and --features stores none; leave one of them out");
        }
        return sink.ObjectionTo(features) is not { } objection ? features : throw new UsageException($"--sink {sink}: {objection}");
    }

    private static SinkSpec ReadSink(string text)
    {
        try
        {
            return SinkSpec.Parse(text);
        }
        catch (SinkException exception)
        {
            throw new FormatException(exception.Message, exception);
        }
    }

    private static string ReadJob(string text) => IndexKeys.IsName(text)
        ? text
        : throw new FormatException(
            $"'{text}' is no job id; allowed are 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit");
}
