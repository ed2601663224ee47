using System.Diagnostics;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Execution;

/// <summary>Measures how fast a device of this machine runs a model, on the model's own first block.</summary>
public static class BlockCalibration
{
    private const int Runs = 3;

    /// <summary>
    /// FLOP a second of the embedding stage and first block on one image in single precision, with every core where the device shares the
    /// host; the best of three runs. Takes seconds for the largest models.
    /// </summary>
    /// <exception cref="CheckpointException">The weights are refused.</exception>
    public static double Measure(Checkpoint checkpoint, InputSize size, DeviceSpec device)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(device);
        EncoderCosts costs = checkpoint.Costs(size);
        using ISegmentSession session = device.Backend.Load(
            checkpoint, new SegmentSettings { Blocks = new(0, 1), InputSize = size, Device = device });
        byte[] image = new byte[size.PixelBytes];
        double best = double.MaxValue;
        // The first run warms caches and threads and is not counted.
        for (int run = 0; run <= Runs; run++)
        {
            long begun = Stopwatch.GetTimestamp();
            session.RunPixels([image]).Dispose();
            if (run > 0)
                best = Math.Min(best, Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }
        return (costs.EmbeddingFlops + costs.BlockFlops) / best;
    }
}
