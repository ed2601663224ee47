using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Tests.Backends.PlainLoops;

/// <summary>A segment as loops: image after image, block after block.</summary>
internal sealed class LoopSession(LoopEncoder encoder, SegmentRequest request, SegmentPorts ports) : ISegmentSession
{
    private readonly ActivationShape _hidden = encoder.HiddenState;

    public BlockRange Blocks => request.Blocks;

    public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images) => Run(
        images.Count, item => encoder.Embed(encoder.Normalise(images[item].Span)));

    public Activation RunPixelValues(float[] planes) => Run(
        planes.Length / request.InputSize.PixelBytes,
        item => encoder.Embed(planes.AsSpan(item * request.InputSize.PixelBytes, request.InputSize.PixelBytes)));

    public unsafe Activation Run(Activation input)
    {
        ActivationShape shape = input.Expect(_hidden, Blocks);
        int length = shape.Tokens * shape.Width;
        nint state = input.AddressFor(null);
        return Run(shape.BatchSize, item => encoder.Rows(new ReadOnlySpan<float>((float*)state + ((long)item * length), length)));
    }

    public void Dispose()
    {
        // The weights are arrays.
    }

    private Activation Run(int batchSize, Func<int, double[][]> first)
    {
        LoopOutputs outputs = new(_hidden with { BatchSize = batchSize }, ports, Blocks.End);
        for (int item = 0; item < batchSize; item++)
        {
            double[][] x = first(item);
            if (Blocks.First == 0)
                outputs.Add(0, item, x, encoder.Pool(x));
            for (int block = Blocks.First; block < Blocks.End; block++)
            {
                x = encoder.Block(block, x);
                outputs.Add(block + 1, item, x, encoder.Pool(x));
            }
        }
        return outputs.ToActivation();
    }
}
