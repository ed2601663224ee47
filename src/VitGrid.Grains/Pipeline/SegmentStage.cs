using VitGrid.Grains.Contracts;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Grains.Pipeline;

/// <summary>A loaded segment on its device: takes a batch's input from the stores, runs it on the device's thread, leaves the output.</summary>
/// <param name="runner">The segment.</param>
/// <param name="width">D of the model.</param>
/// <param name="device">The thread all segments on that device share.</param>
/// <param name="pixels">Where the first segment finds its input.</param>
/// <param name="activations">Where later ones find theirs, and where each leaves its output.</param>
internal sealed class SegmentStage(SegmentRunner runner, int width, DeviceThread device, PixelStore pixels, ActivationStore activations) : IDisposable
{
    public async Task<BatchAnswer> RunAsync(StageOrder stage) => await device.RunAsync(() => Run(stage));

    public void Dispose() => runner.Session.Dispose();

    private BatchAnswer Run(StageOrder stage)
    {
        Activation output = Compute(stage);
        bool handedOn = false;
        try
        {
            BatchAnswer answer = Pool(stage.Order.Layers, output);
            if (stage.Order.Layers.Max() > runner.Blocks.End)
            {
                activations.Put(stage.Batch, output);
                handedOn = true;
            }
            return answer;
        }
        finally
        {
            if (!handedOn)
                output.Dispose();
        }
    }

    private Activation Compute(StageOrder stage)
    {
        if (runner.Blocks.First == 0)
            return ComputeFromPixels(stage.Order.Pictures);
        using Activation input = activations.Take(stage.Batch);
        return runner.Run(input);
    }

    private Activation ComputeFromPixels(long[] pictures)
    {
        List<Pixels> held = new(pictures.Length);
        try
        {
            foreach (long picture in pictures)
                held.Add(pixels.Hold(picture));
            return runner.RunPixels([.. held.Select(picture => (ReadOnlyMemory<byte>)picture.Memory)]);
        }
        finally
        {
            held.ForEach(picture => picture.Dispose());
        }
    }

    private BatchAnswer Pool(int[] layers, Activation output)
    {
        float[]?[] vectors = new float[layers.Length][];
        for (int item = 0; item < layers.Length; item++)
        {
            if (!Holds(layers[item]))
                continue;
            vectors[item] = new float[2 * width];
            output.CopyPooled(layers[item], item, vectors[item]);
        }
        return new(vectors);
    }

    /// <summary>Layer i is the output of block i − 1; layer 0, the embedding stage, belongs to the first segment.</summary>
    private bool Holds(int layer) => layer <= runner.Blocks.End && (layer > runner.Blocks.First || (layer == 0 && runner.Blocks.First == 0));
}
