using System.Diagnostics;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;

namespace VitGrid.Runtime.Sessions;

/// <summary>Measures how fast this machine's cores run a model, on the model's own first block.</summary>
public static class BlockCalibration
{
    private const int Runs = 3;

    /// <summary>
    /// FLOP a second of the embedding stage and first block on one image with every core; the best of three runs. Takes seconds for the
    /// largest models.
    /// </summary>
    /// <exception cref="CheckpointException">ONNX Runtime refuses the weights.</exception>
    public static double MeasureCpu(Checkpoint checkpoint, InputSize size)
    {
        EncoderCosts costs = checkpoint.Costs(size);
        using SegmentSession session = SegmentSession.Load(checkpoint, new SegmentSettings { Blocks = new(0, 1), InputSize = size });
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
