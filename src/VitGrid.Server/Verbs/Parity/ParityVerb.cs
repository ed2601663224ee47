using System.CommandLine;
using System.Globalization;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Parity;
using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Verbs.Parity;

/// <summary><c>vitgrid parity</c>: compares a checkpoint's computed activations with expected ones.</summary>
internal static class ParityVerb
{
    public static Verb Create(VerbContext context)
    {
        SharedOptions shared = new();
        Option<string> expected = new("--expected")
        {
            Description = "Tensors of the reference code: pixel_values goes in, every other tensor is compared",
            HelpName = "FILE.safetensors",
            Required = true,
        };
        Option<double?> tolerance = ValueOption.From<double?>(
            "--tolerance", "T", "Largest |computed - expected| / max(1, |expected|) that passes [default: 2e-5; otherwise a cosine: 0.9995 "
                + "in int8 and in bf16 on a GPU, 0.9999 in fp16]", ReadTolerance);
        Verb verb = new(
            "parity",
            "Run pixel values through a checkpoint and compare every activation with the reference code's. Exit code 1 past the tolerance.",
            "vitgrid parity --model ./src/VitGrid.Server/models/internvit-nano --expected "
                + "./src/VitGrid.Server/models/internvit-nano/expected.safetensors")
        {
            shared.Model, expected, shared.Devices, shared.PrecisionOption, shared.Segments, tolerance,
        };
        verb.SetAction((parsed, cancellation) => RunAsync(
            context,
            new ModelLocator(context.Roots).Find(parsed.GetValue(shared.Model)),
            new(
                parsed.GetRequiredValue(expected), ChosenDevices.Read(parsed.GetValue(shared.Devices), ConfiguredRuntime.In(parsed)),
                shared.PrecisionIn(parsed), parsed.GetValue(shared.Segments) ?? 1),
            parsed.GetValue(tolerance),
            cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(
        VerbContext context, LocatedModel model, ParityQuestion question, double? wantedTolerance, CancellationToken cancellationToken)
    {
        if (!File.Exists(question.Expected))
            throw new VerbException($"--expected: '{question.Expected}' is not a file");
        (IReadOnlyList<DeviceSpec> devices, Precision precision, _) = ChosenDevices.Resolve(question.Devices, question.Precision);
        string computed = devices[0].Backend.FindArithmetic(precision)?.Name ?? precision.ToString().ToLowerInvariant();
        // A precision that the devices do not have is refused with its remedy as the first segment is loaded.
        ParityLimit limit = new(wantedTolerance);
        if (wantedTolerance is null && devices[0].Backend.FindArithmetic(precision) is { } arithmetic)
            limit = arithmetic.Limit;
        using Checkpoint checkpoint = Checkpoint.Open(model.Directory);
        if (question.Segments > checkpoint.Architecture.Depth)
            throw new UsageException(
                $"--segments: {question.Segments} is more than the {checkpoint.Architecture.Depth} blocks of {model.Name}");
        IReadOnlyList<TensorParity> tensors = await QuantisingDisplay.RunAsync(context.Terminal, model.Name, progress => Task.Run(
            () => ParityRun.Compare(
                checkpoint, question.Expected, question.Segments, precision, devices, progress, cancellationToken), cancellationToken));
        ParityReport.Print(context.Terminal, tensors, limit);
        int failed = tensors.Count(tensor => !limit.Passes(tensor));
        context.Terminal.Say(failed == 0
            ? $"{model.Name}: {tensors.Count} tensors within {limit}, in {computed} on "
                + $"{string.Join(", ", devices.Select(device => device.Name))}"
            : $"vitgrid: {model.Name}: {failed} of {tensors.Count} tensors are past {limit}");
        return failed == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static double? ReadTolerance(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double tolerance) && tolerance >= 0
            && double.IsFinite(tolerance)
            ? tolerance
            : throw new FormatException($"'{text}' is not a number from 0 up, as in 2e-5");
}

/// <summary>What <c>vitgrid parity</c> was asked.</summary>
internal sealed record ParityQuestion(string Expected, IReadOnlyList<DeviceSpec>? Devices, Precision? Precision, int Segments);
