using VitGrid.Model.Checkpoints;
using VitGrid.Model.EightBits;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tests.Checkpoints;
using VitGrid.Model.Tests.Families.Registers;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Families;

/// <summary>A family that differs from InternViT in graph, names, config and preprocessing is served by what families share.</summary>
public sealed class SecondFamilyTests : IDisposable
{
    private const double MaxError = 2e-5;

    private static readonly EncoderArchitecture Shape = PublishedShapes.Tiny;
    private static readonly InputSize Size = InputSize.Square(Shape.ImageSize);

    private readonly RegistersCheckpoint _files = new();
    private readonly byte[] _pixels = new byte[2 * Size.PixelBytes];

    public SecondFamilyTests() => new Random(7).NextBytes(_pixels);

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Its_vectors_are_those_of_a_reference_in_double_precision_with_a_graph_of_its_own_and_with_that_of_all(bool towered)
    {
        using Checkpoint checkpoint = _files.Open(towered ? RegistersCheckpoint.Towered : null);
        Assert.Equal(towered ? "towered" : "registers", checkpoint.FamilyName);
        Dictionary<string, float[]> computed = OnnxRun.Pixels(Build(checkpoint, new(0, Shape.Depth)), _pixels, Size);
        RegistersReference reference = new(Shape, _files.Floats);
        for (int image = 0; image < 2; image++)
        {
            List<double[][]> layers = reference.Layers(_pixels.AsSpan(image * Size.PixelBytes, Size.PixelBytes));
            for (int layer = 0; layer <= Shape.Depth; layer++)
            {
                AssertNear(reference.Pool(layers[layer]), Part(computed[SegmentNames.Pooled(layer)], image), MaxError);
                // What all share gives out the last hidden state before the norm as well.
                if (layer < Shape.Depth || !towered)
                    AssertNear([.. layers[layer].SelectMany(row => row)], Part(computed[SegmentNames.HiddenState(layer)], image), MaxError);
            }
        }
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public void Two_segments_agree_with_one(int cut, bool towered)
    {
        using Checkpoint checkpoint = _files.Open(towered ? RegistersCheckpoint.Towered : null);
        Dictionary<string, float[]> whole = OnnxRun.Pixels(Build(checkpoint, new(0, Shape.Depth)), _pixels, Size);
        SegmentModel first = Build(checkpoint, new(0, cut)), second = Build(checkpoint, new(cut, Shape.Depth - cut));
        Dictionary<string, float[]> between = OnnxRun.Pixels(first, _pixels, Size);
        Dictionary<string, float[]> last = OnnxRun.HiddenState(second, between[first.Ports.NextInput!], Size.Tokens(Shape), Shape.Width);
        string pooled = SegmentNames.Pooled(Shape.Depth);
        Assert.DoesNotContain(pooled, between.Keys);
        AssertNear([.. whole[pooled].Select(value => (double)value)], last[pooled], 1e-6);
    }

    [Fact]
    public void Images_of_another_size_interpolate_its_positions_and_keep_its_registers()
    {
        using Checkpoint checkpoint = _files.Open();
        InputSize size = new(42, 21);
        SegmentRequest request = new() { Blocks = new(0, 3), InputSize = size, PooledLayers = [3], HiddenStates = [0] };
        SegmentModel model = SegmentBuilder.Build(checkpoint, request);
        float[] embedded = OnnxRun.Pixels(model, new byte[size.PixelBytes], size)[SegmentNames.HiddenState(0)];
        Assert.Equal((1 + 4 + (6 * 3)) * Shape.Width, embedded.Length);
        Assert.Equal(_files.Floats["prefix.registers"], embedded[Shape.Width..(5 * Shape.Width)]);
    }

    [Fact]
    public void Eight_bit_files_hold_its_registers_and_its_final_norm()
    {
        using Checkpoint checkpoint = _files.Open();
        string file = _files.At("int8.safetensors.tmp");
        EightBitFile.Write(checkpoint, EightBitForm.PairSafe, file);
        EncoderWeights weights = EightBitFile.TryRead(checkpoint, EightBitForm.PairSafe, file, new(0, Shape.Depth))!;
        Dictionary<string, float[]> computed = OnnxRun.Pixels(Build(checkpoint, new(0, Shape.Depth), weights), _pixels, Size);
        RegistersReference reference = new(Shape, _files.Floats);
        double[] expected = reference.Pool(reference.Layers(_pixels.AsSpan(0, Size.PixelBytes))[^1]);
        Assert.InRange(Cosine(expected, Part(computed[SegmentNames.Pooled(Shape.Depth)], 0)), 0.999, 1.000001);
    }

    [Fact]
    public void Any_of_its_own_weights_changes_the_fingerprint_and_so_does_the_family()
    {
        string before = Fingerprint();
        foreach (string tensor in new[] { "prefix.registers", "last_norm.weight", "last_norm.bias" })
        {
            _files.Floats[tensor][^1] += 1;
            _files.Write(_ => true);
            Assert.NotEqual(before, before = Fingerprint());
        }
        using Checkpoint checkpoint = _files.Open();
        Assert.Contains("registers", checkpoint.Family.Identity(checkpoint.Model), StringComparison.Ordinal);
    }

    [Fact]
    public void Its_missing_tensors_are_named()
    {
        _files.Write(name => name != "last_norm.bias");
        Refused.With(() => _files.Open(), "last_norm.bias");
    }

    [Fact]
    public void A_config_that_no_family_knows_is_refused_with_those_that_all_know()
    {
        File.WriteAllText(_files.At("config.json"), """{"model_type": "other"}""");
        Refused.With(() => _files.Open(), "\"vit_with_registers\"");
        Refused.With(() => _files.Open(), "\"intern_vit_6b\"");
    }

    [Fact]
    public void InternViT_is_read_as_before()
    {
        using Checkpoint alone = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        using Checkpoint beside = Checkpoint.Open(GoldenFiles.Model("tiny-ln"), RegistersCheckpoint.Families);
        Assert.Equal("InternViT", beside.Family.Name);
        Assert.Equal(alone.ComputeFingerprint(), beside.ComputeFingerprint());
    }

    [Fact]
    public void Random_checkpoints_of_it_open_and_cost_what_they_hold()
    {
        RandomCheckpoint.Write(new RegistersFamily(), Shape, _files.At("random"), new(5, TensorType.BF16, 10_000), CancellationToken.None);
        using Checkpoint random = Checkpoint.Open(_files.At("random"), RegistersCheckpoint.Families);
        Assert.Equal((Shape, TensorType.BF16), (random.Architecture, random.StoredType));
        Assert.Equal(21, Size.Tokens(random.Architecture));
        Assert.InRange(random.Costs(Size).TotalParameters, 0.97 * random.ParameterCount, 1.03 * random.ParameterCount);
    }

    private static SegmentModel Build(Checkpoint checkpoint, BlockRange blocks, EncoderWeights? weights = null) => SegmentBuilder.Build(
        checkpoint,
        new()
        {
            Blocks = blocks,
            InputSize = Size,
            Weights = weights,
            PooledLayers = SegmentBuilder.AllLayers(Shape.Depth),
            HiddenStates = SegmentBuilder.AllLayers(Shape.Depth),
        });

    private string Fingerprint()
    {
        using Checkpoint checkpoint = _files.Open();
        return checkpoint.ComputeFingerprint();
    }

    private static float[] Part(float[] batch, int image) => batch[(image * batch.Length / 2)..((image + 1) * batch.Length / 2)];

    private static void AssertNear(double[] expected, float[] actual, double maxError)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange(expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max(), 0, maxError);
    }

    private static double Cosine(double[] a, float[] b) =>
        a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(y => (double)y * y));
}
