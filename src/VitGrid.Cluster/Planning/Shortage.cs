using System.Runtime.CompilerServices;
using VitGrid.Model.Segments;

namespace VitGrid.Cluster.Planning;

/// <summary>Says what a model lacks that has no place.</summary>
internal static class Shortage
{
    /// <summary>The shortage of <paramref name="missing"/> replicas on the devices still <paramref name="open"/> to the model.</summary>
    public static PlanShortage From(ModelNeed need, int missing, IEnumerable<DeviceSlot> open)
    {
        DeviceSlot[] devices = [.. open];
        int depth = need.Stage.Encoder.Depth;
        long whole = need.WholeBytes;
        if (need.Model.Segments > depth)
            return new(need.Name, missing, 0, 0, TooManySegments(need, depth));
        if (devices.MaxBy(slot => slot.Free ?? long.MaxValue) is not { } best)
            return new(need.Name, missing, whole, whole, Text(
                $"model '{need.Name}' does not fit: it needs {whole} bytes, and {Absence(missing, need)}"));

        long lacking = Math.Max(0, whole - (best.Free ?? whole)), total = Math.Min(lacking, Total(need, devices));
        string fault = Text($"model '{need.Name}' does not fit: its devices are short by {total} bytes in all");
        string device = Text($"{best.Device.Label}, the best of {devices.Length}, is short by {lacking} bytes for blocks 0..{depth - 1}");
        string sizes = Text($"weights {need.Stage.WeightBytes(need.Stage.Whole)}, activations {need.Stage.ActivationBytes}, free "
            + $"{best.Free}");
        const string Remedy = "give it more memory, name more devices, or lower the precision or the batch size";
        return new(need.Name, missing, total, lacking, $"{fault}; {device} ({sizes}); {Remedy}");
    }

    /// <summary>
    /// The weights of the blocks for which the roomiest devices have no room; at least one block, or it would have been placed.
    /// </summary>
    private static long Total(ModelNeed need, DeviceSlot[] devices)
    {
        int depth = need.Stage.Encoder.Depth;
        int most = need.Model.Segments > 0 ? need.Model.Segments : depth;
        int held = Candidate.From(need, devices).Take(most).Sum(candidate => candidate.Blocks);
        int missing = Math.Clamp(depth - held, 1, depth);
        return need.Stage.WeightBytes(missing == depth ? need.Stage.Whole : new BlockRange(1, missing));
    }

    private static string TooManySegments(ModelNeed need, int depth) => Text(
        $"model '{need.Name}' has {depth} blocks and cannot be cut into {need.Model.Segments} segments; ask for 1 to {depth}, or 0 for "
            + $"the fewest that fit");

    private static string Absence(int missing, ModelNeed need) => need.Model.Replicas > missing
        ? Text($"no device is left for {missing} of its {need.Model.Replicas} replicas; a device holds one replica of a model, so name "
            + $"more devices or ask for fewer")
        : "no device may serve it; start a worker that has the model, or let its node list the model";

    private static string Text(ref DefaultInterpolatedStringHandler text) => string.Create(CultureInfo.InvariantCulture, ref text);
}
