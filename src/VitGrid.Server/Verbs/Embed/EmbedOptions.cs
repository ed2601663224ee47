using System.CommandLine;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>The options of <c>vitgrid embed</c>.</summary>
internal sealed class EmbedOptions
{
    private readonly SharedOptions _shared = new();
    private readonly Argument<string[]> _sources = new("FILE|DIR|-")
    {
        Description = "Images; a folder gives the images below it, - reads one image from standard input",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string[]> _texts = new("--text")
    {
        Description = "A text to embed, or with @ before it a file of UTF-8 with a text a line; may be given several times [model: "
            + $"{ModelRoots.WordsModel}]",
        HelpName = "TEXT|@FILE",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<Pooling?> _pooling = ValueOption.Choice<Pooling?>(
        "--pooling",
        "Class token, mean of the patch tokens, both in a row, or the family's own [default: the model's published embedding]",
        ("cls", Pooling.Cls), ("mean", Pooling.Mean),
        ("cls+mean", Pooling.ClsMean), ("head", Pooling.Head));

    private readonly Option<int?> _layer = ValueOption.Number(
        "--layer", "L", "The block whose output is pooled: 1 is the first, -1 the last, 0 the embedding stage [default: -1]", -1_000,
        1_000);

    private readonly Option<string?> _preprocess = new("--preprocess")
    {
        Description = "Preprocessing profile: crop, squash, timm or border, the first two also with @pillow13 or @torchvision, +fast "
            + "behind it to decode faster [default: the checkpoint's own]",
        HelpName = "NAME",
    };

    private readonly Option<ExifOrientation?> _exif = ValueOption.Choice<ExifOrientation?>(
        "--exif",
        "What becomes of an EXIF orientation, which phones write instead of turning the photo [default: ignore, as the reference code "
            + "does]",
        ("ignore", ExifOrientation.Ignore), ("apply", ExifOrientation.Apply));

    private readonly Option<VectorLength> _normalize = ValueOption.Choice(
        "--normalize", "Scale vectors to length one, as over HTTP [default: true]", ("true", VectorLength.One),
        ("false", VectorLength.AsComputed));

    private readonly Option<VectorFormat> _output = ValueOption.Choice(
        "--output",
        "JSON lines; a NumPy array with NAME.ids.jsonl beside it, or a Parquet file (both need --out); of --features a safetensors file or "
            + "a NumPy array [default: jsonl, safetensors]",
        ("jsonl", VectorFormat.JsonLines), ("npy", VectorFormat.Npy), ("parquet", VectorFormat.Parquet),
        ("safetensors", VectorFormat.Safetensors));

    private readonly Option<FeatureFields?> _features = ValueOption.From<FeatureFields?>(
        "--features", "FIELDS",
        "Write hidden states instead of vectors: fields of POST /v1/features with semicolons between, such as "
            + "\"layers=4,-1;outputs=cls,patches;layout=NCHW;dtype=fp16\" (needs --out)", FeatureText.Parse);

    private readonly Option<string?> _out = new("--out")
    {
        Description = "Write the vectors to this file, which appears when it is whole [default: standard output]",
        HelpName = "FILE",
    };

    private readonly Option<int?> _neighbours = ValueOption.Number(
        "--neighbours", "K", "Print each image's K nearest others by cosine instead of the vectors; --out still takes the vectors", 1,
        1_000);

    public void AddTo(Command verb)
    {
        verb.Add(_sources);
        verb.Add(_shared.Model);
        foreach (Option option in (Option[])[
            _texts, _pooling, _layer, _preprocess, _exif, _normalize, _output, _out, _neighbours, _features])
            verb.Add(option);
        _shared.AddPlacementTo(verb);
    }

    public EmbedSettings Read(ParseResult parsed)
    {
        string[] sources = parsed.GetValue(_sources) ?? [];
        string[] texts = [.. (parsed.GetValue(_texts) ?? []).SelectMany(TextLines.Read)];
        if (sources.Length == 0 && texts.Length == 0)
            throw new UsageException("FILE|DIR|- is missing: name images or folders, or give --text");
        RefuseForTexts(parsed, texts);
        if (sources.Count(source => source == "-") > 1)
            throw new UsageException("'-' stands for standard input and can be given once");
        if (sources.FirstOrDefault(source => source is ['-', _, ..] && !Path.Exists(source)) is { } unknown)
            throw new UsageException($"'{unknown}' is not an option of vitgrid embed, nor a file or folder");
        VectorFormat format = FormatIn(parsed);
        if (format != VectorFormat.JsonLines && parsed.GetValue(_out) is null)
        {
            string name = format.ToString().ToLowerInvariant();
            throw new UsageException($"--output: '{name}' is written to a file; add --out vectors.{name}, or use jsonl");
        }
        return new()
        {
            Sources = sources,
            Texts = texts,
            Grid = new()
            {
                Models = [parsed.GetValue(_shared.Model) ?? (texts.Length > 0 ? ModelRoots.WordsModel : ModelRoots.DefaultModel)],
                Devices = parsed.GetValue(_shared.Devices),
                Precision = _shared.PrecisionIn(parsed),
                Segments = parsed.GetValue(_shared.Segments),
            },
            Pooling = parsed.GetValue(_pooling),
            Layer = parsed.GetValue(_layer) ?? -1,
            Preprocess = parsed.GetValue(_preprocess),
            Exif = parsed.GetValue(_exif),
            Length = parsed.GetValue(_normalize),
            Format = format,
            OutFile = parsed.GetValue(_out),
            Neighbours = parsed.GetValue(_neighbours),
            Verbose = parsed.GetValue(SharedOptions.Verbose),
            Features = parsed.GetValue(_features),
        };
    }

    /// <summary>A text has one vector.</summary>
    private void RefuseForTexts(ParseResult parsed, string[] texts)
    {
        foreach (Option option in (Option[])[_pooling, _layer, _features])
        {
            if (texts.Length > 0 && parsed.GetResult(option) is { Implicit: false })
                throw new UsageException($"{option.Name} is for images, and a text has one vector; leave {option.Name} or --text out");
        }
    }

    /// <summary>The form of what is written; vectors and features have each their own.</summary>
    private VectorFormat FormatIn(ParseResult parsed)
    {
        bool isGiven = parsed.GetResult(_output) is { Implicit: false };
        VectorFormat format = parsed.GetValue(_output);
        if (parsed.GetValue(_features) is null)
        {
            return format != VectorFormat.Safetensors
                ? format : throw new UsageException("--output: 'safetensors' is for --features alone");
        }
        foreach (Option option in (Option[])[_texts, _pooling, _layer, _normalize, _neighbours])
        {
            if (parsed.GetResult(option) is { Implicit: false })
                throw new UsageException($"{option.Name} is for vectors, and --features writes none; leave one of them out");
        }
        if (!isGiven)
            return VectorFormat.Safetensors;
        return format is VectorFormat.Safetensors or VectorFormat.Npy
            ? format : throw new UsageException("--output: features are written as safetensors or npy");
    }
}
