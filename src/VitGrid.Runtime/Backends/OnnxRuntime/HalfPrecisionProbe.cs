using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>One block of a model in one arithmetic, as the probe wants it loaded.</summary>
internal sealed record ProbedBlock(int Index, Precision Precision)
{
    /// <summary>The settings of a segment, for this block alone.</summary>
    public SegmentSettings On(SegmentSettings settings) => settings with
    {
        Blocks = new(Index, 1),
        Precision = Precision,
        Input = SegmentInput.Pixels,
        HiddenStates = true,
        CudaGraphs = false,
    };
}

/// <summary>
/// Half precision ends at 65,504: a model is run in it only when, block by block on a few images, its hidden states stay far below and
/// close to those in single precision. One block is loaded at a time.
/// </summary>
internal static class HalfPrecisionProbe
{
    private const float MaxActivation = 30_000;
    private const double MinCosine = 0.999;

    /// <exception cref="NotSupportedException">The model does not pass; the message names the first layer that fails.</exception>
    public static void Check(Checkpoint checkpoint, InputSize size, Func<ProbedBlock, ISegmentSession> load)
    {
        ReadOnlyMemory<byte>[] images = [Noise(size), Ramp(size)];
        Activation? half = null, single = null;
        try
        {
            for (int block = 0; block < checkpoint.Architecture.Depth; block++)
            {
                half = Next(half, new(block, Precision.Fp16), images, load);
                single = Next(single, new(block, Precision.Fp32), images, load);
                Compare(checkpoint, block + 1, half.HiddenState(block + 1), single.HiddenState(block + 1));
            }
        }
        finally
        {
            half?.Dispose();
            single?.Dispose();
        }
    }

    private static Activation Next(
        Activation? before, ProbedBlock block, ReadOnlyMemory<byte>[] images, Func<ProbedBlock, ISegmentSession> load)
    {
        using ISegmentSession session = load(block);
        Activation after = before is null ? session.RunPixels(images) : session.Run(before);
        before?.Dispose();
        return after;
    }

    private static void Compare(Checkpoint checkpoint, int layer, float[] half, float[] single)
    {
        float largest = Math.Abs(TensorPrimitives.MaxMagnitude<float>(half));
        double cosine = TensorParity.Compare("", [], half, single).Cosine;
        // Written so that a NaN fails.
        if (largest < MaxActivation && cosine >= MinCosine)
            return;
        throw new NotSupportedException(string.Create(
            CultureInfo.InvariantCulture,
            $"{checkpoint.Directory} cannot run in fp16: after block {layer} of "
                + $"{checkpoint.Architecture.Depth} its largest activation is {largest} "
                + $"(limit {MaxActivation}) and its cosine to fp32 {cosine:0.000000} (limit {MinCosine}); use fp32, or bf16 on a "
                    + $"card of compute capability 8.0 or above"));
    }

    private static byte[] Noise(InputSize size)
    {
        byte[] levels = new byte[size.SampleCount];
        new Random(1).NextBytes(levels);
        return Stored(levels, size);
    }

    /// <summary>Smooth from black to white along rows and columns, with saturated colours in between.</summary>
    private static byte[] Ramp(InputSize size)
    {
        byte[] levels = new byte[size.SampleCount];
        for (int i = 0; i < levels.Length; i++)
        {
            int channel = i % 3, column = i / 3 % size.Width, row = i / 3 / size.Width;
            levels[i] = (byte)(255 * (channel == 0 ? column : channel == 1 ? row : size.Width - 1 - column) / Math.Max(
                size.Width, size.Height));
        }
        return Stored(levels, size);
    }

    /// <summary>Every vocabulary has the 256 bytes among its tokens.</summary>
    private static byte[] Stored(byte[] levels, InputSize size) => size.Samples switch
    {
        PixelType.Single => MemoryMarshal.AsBytes<float>(Array.ConvertAll(levels, level => level / 255f)).ToArray(),
        PixelType.TokenId => MemoryMarshal.AsBytes<int>(Array.ConvertAll(levels, level => (int)level)).ToArray(),
        _ => levels,
    };
}
