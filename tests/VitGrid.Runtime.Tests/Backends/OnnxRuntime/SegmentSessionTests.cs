using System.Runtime.InteropServices;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Families;
using VitGrid.Model.Families.InternVit;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Sessions;
using VitGrid.Runtime.Tests.Sessions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime;

public sealed class SegmentSessionTests
{
    private static readonly InputSize Size = InputSize.Square(56);

    public static TheoryData<string> Models => ["tiny-ln", "tiny-rms-qknorm", "tiny-sharded-bf16"];

    [Theory]
    [MemberData(nameof(Models))]
    public void An_image_in_a_batch_of_eight_equals_the_image_alone_bit_for_bit(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        using ISegmentSession session = TestSessions.Load(checkpoint, Whole(checkpoint));
        ReadOnlyMemory<byte>[] images = [.. Enumerable.Range(0, 8).Select(Image)];
        using Activation together = session.RunPixels(images);
        for (int i = 0; i < images.Length; i++)
        {
            using Activation alone = session.RunPixels([images[i]]);
            for (int layer = 0; layer <= checkpoint.Architecture.Depth; layer++)
                Assert.Equal(Pooled(alone, layer, 0, checkpoint), Pooled(together, layer, i, checkpoint));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Three_segments_equal_one_bit_for_bit(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        int depth = checkpoint.Architecture.Depth;
        using ISegmentSession whole = TestSessions.Load(checkpoint, Whole(checkpoint));
        using Activation expected = whole.RunPixels([Image(1), Image(2)]);

        Activation? previous = null;
        foreach (BlockRange blocks in BlockRange.Split(depth, 3))
        {
            using ISegmentSession session = TestSessions.Load(checkpoint, Whole(checkpoint) with { Blocks = blocks });
            Activation next = previous is null ? session.RunPixels([Image(1), Image(2)]) : session.Run(previous);
            previous?.Dispose();
            previous = next;
        }
        using (previous)
        {
            Assert.Equal(Pooled(expected, depth, 0, checkpoint), Pooled(previous!, depth, 0, checkpoint));
            Assert.Equal(Pooled(expected, depth, 1, checkpoint), Pooled(previous!, depth, 1, checkpoint));
        }
    }

    [Fact]
    public void Planes_of_several_images_in_buffers_of_their_own_equal_those_in_one_bit_for_bit()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        using ISegmentSession session = TestSessions.Load(checkpoint, Whole(checkpoint) with { Input = SegmentInput.PixelValues });
        int samples = Size.SampleCount, depth = checkpoint.Architecture.Depth;
        float[] planes = [.. Enumerable.Range(0, 2 * samples).Select(i => MathF.Sin(i * 0.01f))];
        ReadOnlyMemory<byte>[] images = [.. planes.Chunk(samples).Select(
            image => (ReadOnlyMemory<byte>)MemoryMarshal.AsBytes(image.AsSpan()).ToArray())];
        using Activation expected = session.RunPixelValues(planes), together = session.RunPixels(images);
        using Activation alone = session.RunPixels([images[1]]);
        Assert.Equal(Pooled(expected, depth, 0, checkpoint), Pooled(together, depth, 0, checkpoint));
        Assert.Equal(Pooled(expected, depth, 1, checkpoint), Pooled(together, depth, 1, checkpoint));
        Assert.Equal(Pooled(expected, depth, 1, checkpoint), Pooled(alone, depth, 0, checkpoint));
    }

    [Fact]
    public void Pixels_normalised_in_the_graph_equal_pixels_normalised_as_the_reference_does()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        using ISegmentSession fromPixels = TestSessions.Load(checkpoint, Whole(checkpoint));
        using ISegmentSession fromPlanes = TestSessions.Load(checkpoint, Whole(checkpoint) with { Input = SegmentInput.PixelValues });
        using Activation pixels = fromPixels.RunPixels([Image(3)]);
        using Activation planes = fromPlanes.RunPixelValues(Normalise(Image(3).Span));
        Assert.Equal(Pooled(planes, 4, 0, checkpoint), Pooled(pixels, 4, 0, checkpoint));
    }

    [Fact]
    public void Pixels_in_single_precision_equal_the_bytes_they_stand_for_alone_and_in_a_batch()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        using ISegmentSession bytes = TestSessions.Load(checkpoint, Whole(checkpoint));
        using ISegmentSession singles = TestSessions.Load(
            checkpoint, Whole(checkpoint) with { InputSize = Size with { Samples = PixelType.Single } });
        using Activation expected = bytes.RunPixels([Image(4), Image(5)]);
        using Activation actual = singles.RunPixels([Singles(Image(4).Span), Singles(Image(5).Span)]);
        Assert.Equal(Pooled(expected, 4, 0, checkpoint), Pooled(actual, 4, 0, checkpoint));
        Assert.Equal(Pooled(expected, 4, 1, checkpoint), Pooled(actual, 4, 1, checkpoint));

        static ReadOnlyMemory<byte> Singles(ReadOnlySpan<byte> levels) =>
            MemoryMarshal.AsBytes<float>(Array.ConvertAll(levels.ToArray(), level => level / 255f)).ToArray();
    }

    [Theory]
    [InlineData(Precision.Fp16)]
    [InlineData(Precision.Bf16)]
    public void A_precision_the_device_or_the_checkpoint_cannot_run_is_refused_by_name(Precision precision)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        NotSupportedException refusal = Assert.Throws<NotSupportedException>(
            () => TestSessions.Load(checkpoint, Whole(checkpoint) with { Precision = precision }));
        Assert.Contains("use fp32", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Eight_bits_on_CUDA_are_refused_with_what_to_use()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        NotSupportedException refusal = Assert.Throws<NotSupportedException>(() => TestSessions.Load(
            checkpoint, Whole(checkpoint) with { Device = DeviceList.Parse("cuda:1")[0], Precision = Precision.Int8 }));
        Assert.Contains("int8 runs on CPUs only, not on cuda:1; use auto", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_family_whose_vectors_point_elsewhere_in_eight_bits_is_refused_there_and_served_in_single_precision()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"), [new CoarseFamily()]);
        NotSupportedException refusal = Assert.Throws<NotSupportedException>(
            () => TestSessions.Load(checkpoint, Whole(checkpoint) with { Precision = Precision.Int8 }));
        Assert.Contains(
            "coarse in 8 bits have a cosine of 0.9949 with those in single precision; the least that is served is 0.995: use fp32",
            refusal.Message, StringComparison.Ordinal);
        using ISegmentSession session = TestSessions.Load(checkpoint, Whole(checkpoint));
    }

    [Fact]
    public void A_device_this_build_has_no_provider_for_is_refused_by_name()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        NotSupportedException refusal = Assert.Throws<NotSupportedException>(
            () => TestSessions.Load(checkpoint, Whole(checkpoint) with { Device = DeviceList.Parse("cuda:1")[0] }));
        Assert.Contains("cuda:1", refusal.Message, StringComparison.Ordinal);
    }

    private static SegmentSettings Whole(Checkpoint checkpoint) => new()
    {
        Blocks = new(0, checkpoint.Architecture.Depth),
        InputSize = Size,
        Device = ExecutionBackends.Processor,
        Threads = 2,
    };

    private static ReadOnlyMemory<byte> Image(int seed)
    {
        byte[] pixels = new byte[Size.PixelBytes];
        new Random(seed).NextBytes(pixels);
        return pixels;
    }

    private static float[] Pooled(Activation activation, int layer, int item, Checkpoint checkpoint)
    {
        float[] vectors = new float[2 * checkpoint.Architecture.Width];
        activation.CopyPooled(layer, item, vectors);
        return vectors;
    }

    private static float[] Normalise(ReadOnlySpan<byte> pixels)
    {
        float[] planes = new float[pixels.Length];
        int area = pixels.Length / 3;
        for (int i = 0; i < pixels.Length; i++)
        {
            int channel = i % 3;
            float centred = (pixels[i] / 255f) - ImagePreprocessing.ImageNetMean[channel];
            planes[(channel * area) + (i / 3)] = centred / ImagePreprocessing.ImageNetStandardDeviation[channel];
        }
        return planes;
    }

    /// <summary>InternViT, had it come out worse in 8 bits.</summary>
    private sealed class CoarseFamily : EncoderFamily
    {
        private readonly InternVitFamily _exact = new();

        public override string Name => "coarse";

        public override string KnownConfigs => _exact.KnownConfigs;

        public override double EightBitCosine => 0.9949;

        public override bool Claims(JsonSection config, IReadOnlySet<string> tensors) => _exact.Claims(config, tensors);

        public override Func<string, bool> EncoderAmong(IReadOnlyCollection<string> tensors) => _exact.EncoderAmong(tensors);

        public override EncoderModel Read(CheckpointFiles files) => _exact.Read(files);

        public override void Build(GraphWriter graph, EncoderModel model, SegmentRequest request) => _exact.Build(graph, model, request);
    }
}
