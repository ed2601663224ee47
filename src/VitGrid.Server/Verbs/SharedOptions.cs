using System.CommandLine;
using VitGrid.Model.Segments;

namespace VitGrid.Server.Verbs;

/// <summary>The options several verbs share, made anew for each verb so that its help shows what works there.</summary>
/// <param name="model">The model that is taken where none is named.</param>
internal sealed class SharedOptions(string model = ModelRoots.DefaultModel)
{
    private readonly Option<ChosenPrecision?> _precision = ValueOption.Choice<ChosenPrecision?>(
        "--precision",
        "Arithmetic; auto is bf16 on CUDA from compute capability 8.0, fp16 below, fp32 on a CPU, where bf16 keeps bf16 weights as stored "
            + "and int8 is the fastest [default: auto]",
        ("auto", new(null)),
        ("fp32", new(Precision.Fp32)),
        ("bf16", new(Precision.Bf16)),
        ("fp16", new(Precision.Fp16)),
        ("int8", new(Precision.Int8)));

    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Say more on stderr: figures, logs, and the stack of an unexpected failure.",
        Recursive = true,
    };

    public static Option<string?> Config { get; } = new("--config")
    {
        Description = "A JSON file of settings, read after appsettings.json beside the program and before the environment.",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string?> Model { get; } = new("--model")
    {
        Description = $"A known model's name, a checkpoint's folder, or a Hugging Face id that lies in the local cache [default: {model}]",
        HelpName = "NAME|DIR|HF-ID",
    };

    /// <summary>Devices as they are named; <see cref="ChosenDevices.Read"/> reads them, for a setting may name kinds of its own.</summary>
    public Option<string?> Devices { get; } = new("--devices")
    {
        Description = "Devices in pipeline order, e.g. cuda:0,cuda:1=20GiB; the size bounds the memory [default: every CUDA device, "
            + "else cpu:0]",
        HelpName = "LIST",
    };

    public Option<int?> Segments { get; } = ValueOption.Number(
        "--segments", "K", "Pipeline segments, at most one a block [default: the fewest that fit]", 1, 1_000);

    public void AddPlacementTo(Command verb)
    {
        verb.Add(Devices);
        verb.Add(_precision);
        verb.Add(Segments);
    }

    /// <summary>The option that <see cref="PrecisionIn"/> reads.</summary>
    public Option PrecisionOption => _precision;

    /// <summary>The precision that was named; null for <c>auto</c> and for none.</summary>
    public Precision? PrecisionIn(ParseResult parsed) => parsed.GetValue(_precision)?.Value;

    /// <summary>The parser takes a null for a value that it could not read, so that <c>auto</c> is wrapped.</summary>
    private sealed record ChosenPrecision(Precision? Value);
}
