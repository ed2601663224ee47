using System.CommandLine;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;

namespace VitGrid.Server.Verbs.Models;

/// <summary><c>vitgrid models plan</c>: how a model's blocks would be cut over devices. Loads no weights.</summary>
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

        EncoderCosts costs = EncoderCosts.Of(
            shape, InputSize.Square(checkpoint.Preprocessing.Size), checkpoint.Weights.Blocks[0].Query.Bias is not null);
        SegmentPlan plan = SegmentPlanner.Plan(new()
        {
            Costs = costs,
            Devices = [.. question.Devices.Select((device, i) => new PlanDevice(device.Name, device.MemoryBytes, SpeedOf(question, i) ?? 1))],
            Segments = question.Segments,
            Precision = question.Precision,
            BatchSize = question.Batch,
        });
        PlanReport.Print(context.Terminal, model.Name, costs, plan, ImagesPerSecond(plan, question));
        foreach (string shortage in plan.Shortages)
            context.Terminal.Say($"vitgrid: does not fit: {shortage}");
        return plan.Fits ? ExitCode.Done : ExitCode.Failed;
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
