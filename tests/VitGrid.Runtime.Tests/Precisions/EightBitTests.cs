using VitGrid.Model.Checkpoints;
using VitGrid.Model.EightBits;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;
using VitGrid.Runtime.Tests.Sessions;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Runtime.Tests.Precisions;

/// <summary>Precision int8 beside fp32, in both forms of its weights. The plain form is exact on a processor with VNNI only.</summary>
public sealed class EightBitTests(ITestOutputHelper output)
{
    private const double MinCosine = 0.9995;

    // Of the largest number of a vector.
    private const double LargestError = 0.06;

    private static readonly EightBitForm[] Forms = VitGrid.Runtime.Devices.HostMachine.HasVnni
        ? [EightBitForm.Vnni, EightBitForm.PairSafe] : [EightBitForm.PairSafe];

    public static TheoryData<string, EightBitForm> Cases()
    {
        TheoryData<string, EightBitForm> cases = [];
        foreach (string model in Directory.EnumerateDirectories(GoldenFiles.PathOf("models")).Append(GoldenFiles.Nano).Order())
        {
            foreach (EightBitForm form in Forms)
                cases.Add(Path.GetFileName(model), form);
        }
        return cases;
    }

    public static TheoryData<EightBitForm> EveryForm => [.. Forms];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Vectors_point_where_those_in_single_precision_do(string model, EightBitForm form)
    {
        using CopiedModel copy = Copy(model);
        AssertClose(copy, form);
    }

    [Theory]
    [MemberData(nameof(EveryForm))]
    public void Outliers_in_weights_are_kept_apart_from_other_outputs(EightBitForm form)
    {
        using CopiedModel copy = Copy("tiny-ln");
        copy.Change(
            weights => weights.Blocks.SelectMany(
                block => new[] { block.Query, block.Value, block.Projection, block.Fc1, block.Fc2 }.Select(linear => linear.Weight)),
            (i, old) => i % 1999 < 2 ? 30 * old : old);
        AssertClose(copy, form);
    }

    /// <summary>
    /// The weights of q, k and v are made smaller by as much: larger scores would make the network itself, in fp32 too, jump at the least
    /// change.
    /// </summary>
    [Theory]
    [MemberData(nameof(EveryForm))]
    public void Outliers_before_attention_leave_the_other_channels_their_steps(EightBitForm form)
    {
        using CopiedModel copy = Copy("tiny-ln");
        copy.Change(weights => weights.Blocks.SelectMany(block => new[] { block.Norm1.Weight, block.Norm1.Bias }), (i, old) => IsOutlier(
            i) ? 30 * old : old);
        copy.Change(
            weights => weights.Blocks.SelectMany(block => new[] { block.Query.Weight, block.Key.Weight, block.Value.Weight }),
            (i, old) => IsOutlier(i % 64) ? old / 30 : old);
        AssertClose(copy, form);
    }

    [Theory]
    [MemberData(nameof(EveryForm))]
    public void Outliers_before_the_MLP_leave_the_other_channels_their_steps(EightBitForm form)
    {
        using CopiedModel copy = Copy("tiny-ln");
        copy.Change(weights => weights.Blocks.SelectMany(block => new[] { block.Norm2.Weight, block.Norm2.Bias }), (i, old) => IsOutlier(
            i) ? 30 * old : old);
        AssertClose(copy, form);
    }

    [Theory]
    [MemberData(nameof(EveryForm))]
    public void Rows_of_zeros_stay_zero(EightBitForm form)
    {
        using CopiedModel copy = Copy("tiny-ln");
        copy.Change(weights => [
            weights.Blocks[1].Norm1.Weight, weights.Blocks[1].Norm1.Bias, weights.Blocks[2].Norm2.Weight, weights.Blocks[2].Norm2.Bias], (
                _, _) => 0);
        copy.Change(weights => [weights.Blocks[1].Value.Bias, weights.Blocks[2].Fc1.Bias, weights.Blocks[3].Query.Weight], (_, _) => 0);
        AssertClose(copy, form);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_image_among_others_equals_the_image_alone_bit_for_bit(string model, EightBitForm form)
    {
        using CopiedModel copy = Copy(model);
        using Checkpoint checkpoint = copy.Open();
        using ISegmentSession session = TestSessions.Load(checkpoint, Whole(checkpoint, form));
        ReadOnlyMemory<byte>[] images = [.. Enumerable.Range(0, 7).Select(seed => Image(checkpoint, seed))];
        using Activation together = session.RunPixels(images);
        for (int i = 0; i < images.Length; i++)
        {
            using Activation alone = session.RunPixels([images[i]]);
            Assert.Equal(Pooled(alone, checkpoint, 0), Pooled(together, checkpoint, i));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Segments_equal_the_whole_bit_for_bit(string model, EightBitForm form)
    {
        using CopiedModel copy = Copy(model);
        using Checkpoint checkpoint = copy.Open();
        using ISegmentSession whole = TestSessions.Load(checkpoint, Whole(checkpoint, form));
        using Activation expected = whole.RunPixels([Image(checkpoint, 1), Image(checkpoint, 2)]);
        BlockRange[] halves = [.. BlockRange.Split(checkpoint.Architecture.Depth, 2)];
        using ISegmentSession first = TestSessions.Load(checkpoint, Whole(checkpoint, form) with { Blocks = halves[0] });
        using ISegmentSession second = TestSessions.Load(checkpoint, Whole(checkpoint, form) with { Blocks = halves[1] });
        using Activation handed = first.RunPixels([Image(checkpoint, 1), Image(checkpoint, 2)]);
        using Activation actual = second.Run(handed);
        Assert.Equal(Pooled(expected, checkpoint, 1), Pooled(actual, checkpoint, 1));
    }

    private static bool IsOutlier(int channel) => channel is 5 or 6;

    private void AssertClose(CopiedModel model, EightBitForm form)
    {
        using Checkpoint checkpoint = model.Open();
        float[] exact = Vectors(checkpoint, Whole(checkpoint, form) with { Precision = Precision.Fp32 }), bytes = Vectors(
            checkpoint, Whole(checkpoint, form));
        double error = TensorParity.Compare("vectors", [exact.Length], bytes, exact).MaxAbsoluteError / exact.Max(Math.Abs);
        double cosine = exact.Chunk(checkpoint.Architecture.Width).Zip(bytes.Chunk(checkpoint.Architecture.Width), Cosine).Min();
        output.WriteLine($"{form}: least cosine {cosine:F6}, largest error {100 * error:F2} % of the largest number");
        Assert.InRange(cosine, MinCosine, 1.000001);
        Assert.InRange(error, 0, LargestError);
    }

    private static double Cosine(float[] left, float[] right) => TensorParity.Compare("vector", [left.Length], left, right).Cosine;

    /// <summary>Class token and mean of the last layer, for the images of the golden file.</summary>
    private static float[] Vectors(Checkpoint checkpoint, SegmentSettings settings)
    {
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(checkpoint.Directory, "expected.safetensors"));
        long[] shape = [.. expected.Tensors["pixel_values"].Shape];
        using ISegmentSession session = TestSessions.Load(
            checkpoint, settings with { InputSize = new((int)shape[2], (int)shape[3]), Input = SegmentInput.PixelValues });
        using Activation activation = session.RunPixelValues(expected.ReadFloats("pixel_values"));
        return [.. Enumerable.Range(0, (int)shape[0]).SelectMany(item => Pooled(activation, checkpoint, item))];
    }

    private static SegmentSettings Whole(Checkpoint checkpoint, EightBitForm form) => new()
    {
        Blocks = new(0, checkpoint.Architecture.Depth),
        InputSize = InputSize.Square(checkpoint.Architecture.ImageSize),
        Device = ExecutionBackends.Processor,
        Threads = 2,
        Precision = Precision.Int8,
        EightBits = form,
    };

    private static ReadOnlyMemory<byte> Image(Checkpoint checkpoint, int seed)
    {
        byte[] pixels = new byte[InputSize.Square(checkpoint.Architecture.ImageSize).PixelBytes];
        new Random(seed).NextBytes(pixels);
        return pixels;
    }

    private static float[] Pooled(Activation activation, Checkpoint checkpoint, int item)
    {
        float[] vectors = new float[2 * checkpoint.Architecture.Width];
        activation.CopyPooled(checkpoint.Architecture.Depth, item, vectors);
        return vectors;
    }

    private static CopiedModel Copy(string model) =>
        new(model == Path.GetFileName(GoldenFiles.Nano) ? GoldenFiles.Nano : GoldenFiles.Model(model));
}
