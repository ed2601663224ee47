using System.CommandLine;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Server.Verbs.Models;

/// <summary><c>vitgrid models plan</c>: how a model's blocks would be cut over devices. Loads the first block at most.</summary>
internal static class ModelsPlan
{
    public static Verb Create(VerbContext context)
    {
        Argument<string> model = ModelsVerb.ModelArgument();
        PlanOptions options = new();
        Verb verb = new(
            "plan",
            "Show how a model's blocks are cut over devices, the memory each needs, and the pictures a second to expect.",
            "vitgrid models plan internvit-nano --devices cpu:0=9MiB,cpu:1=9MiB",
            "vitgrid models plan ~/models/InternViT-6B-448px-V2_5 --devices cuda:0=8GiB,cuda:1=16GiB --precision bf16 --tflops 60,120") { model };
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

        InputSize size = InputSize.Square(checkpoint.Preprocessing.Size);
        EncoderCosts costs = EncoderCosts.Of(checkpoint, size);
        SegmentPlan plan = SegmentPlanner.Plan(new()
        {
            Costs = costs,
            Devices = [.. question.Devices.Select((device, i) => new PlanDevice(device.Name, device.MemoryBytes, SpeedOf(question, i) ?? 1))],
            Segments = question.Segments,
            Precision = question.Precision,
            BatchSize = question.Batch,
        });
        // Equal CPU devices are cut the same whatever their speed, so it is measured only for a plan that can run.
        PlanQuestion timed = plan.Fits ? WithMeasuredSpeed(context.Terminal, question, checkpoint, size) : question with { TeraFlops = [] };
        PlanReport.Print(context.Terminal, model.Name, costs, plan, ImagesPerSecond(plan, timed));
        foreach (string shortage in plan.Shortages)
            context.Terminal.Say($"vitgrid: does not fit: {shortage}");
        return plan.Fits ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>Where only CPU devices of unknown speed are asked for, this machine's speed, measured on the model's first block.</summary>
    private static PlanQuestion WithMeasuredSpeed(Terminal terminal, PlanQuestion question, Checkpoint checkpoint, InputSize size)
    {
        if (question.TeraFlops.Count > 0 || question.Devices.Any(device => device.Kind != DeviceKind.Cpu))
            return question;
        double speed = BlockCalibration.MeasureCpu(checkpoint, size) / 1e12;
        terminal.Say($"speed: {Amounts.Number(speed, 3)} TFLOP/s in fp32, measured on this machine with the model's first block");
        return question with { TeraFlops = [speed] };
    }

    /// <summary>Pictures a second of the busiest device, CPU devices counted as the one machine they share; null without speeds.</summary>
    private static double? ImagesPerSecond(SegmentPlan plan, PlanQuestion question)
    {
        if (question.TeraFlops.Count == 0)
            return null;
        var loads = question.Devices.Select((device, i) => (
            Key: device.Kind == DeviceKind.Cpu ? "cpu" : device.Name,
            Seconds: plan.Segments.Where(segment => segment.Device == device.Name).Sum(segment => segment.Flops) / SpeedOf(question, i)!.Value));
        return 1 / loads.GroupBy(load => load.Key).Max(stage => stage.Sum(load => load.Seconds));
    }

    private static double? SpeedOf(PlanQuestion question, int device) => question.TeraFlops switch
    {
        [] => null,
        [double all] => all * 1e12,
        _ => question.TeraFlops[device] * 1e12,
    };
}
