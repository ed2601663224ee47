using System.CommandLine;
using System.Globalization;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;

namespace VitGrid.Server.Verbs.Models;

/// <summary>What <c>models plan</c> was asked.</summary>
/// <param name="Devices">The devices, in pipeline order.</param>
/// <param name="Segments">Segments; 0 for the fewest that fit.</param>
/// <param name="Precision">Arithmetic.</param>
/// <param name="Batch">Images in one batch.</param>
/// <param name="TeraFlops">Speeds: none, one for all devices, or one each.</param>
internal sealed record PlanQuestion(
    IReadOnlyList<DeviceSpec> Devices, int Segments, Precision Precision, int Batch, IReadOnlyList<double> TeraFlops)
{
    /// <summary>What hidden states are computed in there; of devices of several kinds, the widest.</summary>
    public ActivationType Compute =>
        Devices.Select(device => device.Backend.FindArithmetic(Precision)?.Compute ?? ActivationType.Float32).MaxBy(type => type.Bytes());
}

/// <summary>The options of <c>models plan</c>.</summary>
internal sealed class PlanOptions
{
    private const int DefaultBatch = 8;
    private readonly SharedOptions _shared = new();
    private readonly Option<Precision> _precision = ValueOption.Choice(
        "--precision",
        "Arithmetic to plan for [default: fp32]",
        ("fp32", Precision.Fp32), ("bf16", Precision.Bf16), ("fp16", Precision.Fp16), ("int8", Precision.Int8));

    private readonly Option<int?> _batch = ValueOption.Number(
        "--batch", "N", "Images in one batch, for the activations [default: 8]", 1, 256);
    private readonly Option<IReadOnlyList<double>?> _teraFlops = ValueOption.From<IReadOnlyList<double>?>(
        "--tflops", "LIST", "TFLOP/s the devices reach: one number for all, or one each [default: measured, for CPU devices]", ReadSpeeds);

    public void AddTo(Verb verb)
    {
        _shared.Devices.Required = true;
        _shared.Devices.Description =
            "Devices in pipeline order, present here or not, e.g. cuda:0=24GiB,cuda:1=24GiB; the size bounds the memory";
        verb.Add(_shared.Devices);
        verb.Add(_shared.Segments);
        verb.Add(_precision);
        verb.Add(_batch);
        verb.Add(_teraFlops);
    }

    public PlanQuestion Read(ParseResult parsed)
    {
        IReadOnlyList<DeviceSpec> devices = ChosenDevices.Read(parsed.GetRequiredValue(_shared.Devices)!, ConfiguredRuntime.In(parsed))!;
        IReadOnlyList<double> speeds = parsed.GetValue(_teraFlops) ?? [];
        if (speeds.Count > 1 && speeds.Count != devices.Count)
            throw new UsageException($"--tflops: {speeds.Count} numbers for {devices.Count} devices; give one for all, or one each");
        return new(devices, parsed.GetValue(_shared.Segments) ?? 0, parsed.GetValue(_precision), parsed.GetValue(
            _batch) ?? DefaultBatch, speeds);
    }

    private static double[] ReadSpeeds(string text) =>
    [
        .. text.Split(',').Select(
            item => double.TryParse(item, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double speed) && speed > 0
            ? speed
            : throw new FormatException($"'{item}' is not a number above 0, as in 0.2 or 60,120")),
    ];
}
