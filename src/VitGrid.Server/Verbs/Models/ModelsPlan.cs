using System.CommandLine;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Server.Api;
using VitGrid.Server.Api.Pages;

namespace VitGrid.Server.Verbs.Models;

/// <summary>
/// <c>vitgrid models plan</c>: whether a model would be replicated or cut over devices, and why. Loads the first block at most.
/// </summary>
internal static class ModelsPlan
{
    public static Verb Create(VerbContext context)
    {
        Argument<string> model = ModelArgument.Create();
        PlanOptions options = new();
        Verb verb = new(
            "plan",
            "Show whether a model is replicated or cut over devices and why, the memory each needs, and the images a second to expect.",
            "vitgrid models plan internvit-nano --devices cuda:0=24GiB,cuda:1=24GiB --tflops 60",
            "vitgrid models plan internvit-nano --devices cpu:0=9MiB,cpu:1=9MiB",
            "vitgrid models plan ~/models/InternViT-6B-448px-V2_5 --devices cuda:0=8GiB,cuda:1=16GiB --precision bf16 --tflops "
                + "60,120") { model };
        options.AddTo(verb);
        verb.SetAction((parsed, _) => Task.FromResult(Run(context, parsed.GetRequiredValue(model), options.Read(parsed))));
        return verb;
    }

    private static int Run(VerbContext context, string wanted, PlanQuestion question)
    {
        LocatedModel model = new ModelLocator(context.Roots).Find(wanted);
        using Checkpoint checkpoint = Checkpoint.Open(model.Directory);
        EncoderArchitecture shape = checkpoint.Architecture;
        if (question.Segments > shape.Depth)
            throw new UsageException($"--segments: {question.Segments} is more than the {shape.Depth} blocks of {model.Name}");

        InputSize size = InputSize.Of(checkpoint.Preprocessing);
        (EncoderCosts costs, EncoderCosts? texts, EncoderCosts both) = CostsOf(checkpoint, question.Batch);
        PlanAnswer answer = PlanAnswer.To(question, model.Name, both);
        // Equal CPU devices are planned the same whatever their speed, so it is measured only for a plan that can run.
        if (answer.Fits)
            answer = PlanAnswer.To(WithMeasuredSpeed(context.Terminal, question, checkpoint, size), model.Name, both);
        PlanReport.Print(context.Terminal, model.Name, PreprocessingFacts.Describe(checkpoint.Preprocessing), costs, texts, answer);
        foreach (string shortage in answer.Shortages)
            context.Terminal.Say($"vitgrid: {shortage}");
        return answer.Fits ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>Plans a model on devices, without measuring anything.</summary>
    /// <exception cref="CheckpointException">It is none that can be served.</exception>
    public static IReadOnlyList<ModelFact> Facts(LocatedModel model, PlanQuestion question)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model.Directory);
        (EncoderCosts costs, _, EncoderCosts both) = CostsOf(checkpoint, question.Batch);
        return [.. PlanReport.Facts(costs, PlanAnswer.To(question, model.Name, both))];
    }

    /// <summary>The costs of a model, of the text tower beside it, and of both: where a model is served, its text tower is too.</summary>
    private static (EncoderCosts Own, EncoderCosts? Texts, EncoderCosts Both) CostsOf(Checkpoint checkpoint, int batch)
    {
        EncoderCosts own = checkpoint.Costs(InputSize.Of(checkpoint.Preprocessing));
        EncoderCosts? texts = checkpoint.TextTower is { } tower && tower != checkpoint
            ? tower.Costs(InputSize.Of(tower.Preprocessing)) : null;
        return (own, texts, texts is null ? own : own.WithMemoryOf(texts, batch, batch));
    }

    /// <summary>Where only CPU devices of unknown speed are asked for, this machine's speed, measured on the model's first block.</summary>
    private static PlanQuestion WithMeasuredSpeed(Terminal terminal, PlanQuestion question, Checkpoint checkpoint, InputSize size)
    {
        if (question.TeraFlops.Count > 0 || question.Devices.Any(device => !device.Backend.SharesHost))
            return question;
        DeviceSpec device = question.Devices[0];
        double speed = BlockCalibration.Measure(checkpoint, size, device) / 1e12;
        terminal.Say($"speed: {Amounts.Number(speed, 3)} TFLOP/s in fp32, measured on this machine with the model's first block");
        if (device.Backend.FindArithmetic(question.Precision) is not { Gain: not 1 and var gain })
            return question with { TeraFlops = [speed] };
        string asked = question.Precision.ToString().ToLowerInvariant(), computed = device.Backend.FindArithmetic(question.Precision)!.Name;
        // A plug-in's name is told, as openvino-bf16; which kernel a processor has for int8 is not.
        string precision = computed.StartsWith(asked, StringComparison.Ordinal) ? asked : computed;
        terminal.Say($"speed: {precision} is reckoned {Amounts.Number(gain, 2)} times as fast on this processor");
        return question with { TeraFlops = [speed * gain] };
    }
}
