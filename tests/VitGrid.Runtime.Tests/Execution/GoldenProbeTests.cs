using VitGrid.Model.Checkpoints;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Execution;

public sealed class GoldenProbeTests : IDisposable
{
    private static readonly string Stored32 = GoldenFiles.Model("tiny-ln");
    private readonly Checkpoint _checkpoint = Checkpoint.Open(Stored32);

    public void Dispose() => _checkpoint.Dispose();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    public void A_segment_that_computes_right_gives_the_known_vector_to_the_last_bit(int segment, int segments)
    {
        SegmentSettings settings = Settings(segment, segments);
        using ISegmentSession session = settings.Device.Backend.Load(_checkpoint, settings);
        GoldenProbe probe = GoldenProbe.Load(_checkpoint, settings, session);
        Assert.True(probe.IsSmall);
        Assert.Equal(GoldenProbe.Steady, probe.Tolerance);
        Assert.Equal(0, probe.Run());
        Assert.Equal(0, probe.Run());
        Assert.False(probe.IsItselfWrong());
    }

    [Fact]
    public void An_encoder_that_takes_one_size_is_probed_at_its_own()
    {
        using Checkpoint vit = Checkpoint.Open(GoldenFiles.PathOf("vits", "pub-aimv2"));
        SegmentSettings settings = Settings(0, 1) with
        {
            Blocks = new(0, vit.Architecture.Depth), InputSize = InputSize.Square(vit.Architecture.ImageSize),
        };
        using ISegmentSession session = settings.Device.Backend.Load(vit, settings);
        GoldenProbe probe = GoldenProbe.Load(vit, settings, session);
        Assert.False(probe.IsSmall);
        Assert.Equal(0, probe.Run());
    }

    [Fact]
    public void Weights_that_are_widened_are_probed_where_the_segment_has_them()
    {
        using Checkpoint nano = Checkpoint.Open(GoldenFiles.Nano);
        SegmentSettings settings = Settings(0, 1) with
        {
            Blocks = new(0, nano.Architecture.Depth),
            InputSize = InputSize.Square(nano.Architecture.ImageSize),
        };
        using ISegmentSession session = settings.Device.Backend.Load(nano, settings);
        GoldenProbe probe = GoldenProbe.Load(nano, settings, session);
        Assert.True(probe.IsSmall);
        Assert.Equal(0, probe.Run());
        using ISegmentSession flipped = settings.Device.Backend.Load(nano, settings with { Flip = new(5, Bit: 30) });
        Assert.Throws<WrongVectorException>(() => GoldenProbe.Load(nano, settings, flipped));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    public void A_device_that_computes_wrong_from_the_start_is_refused(int segment, int segments)
    {
        SegmentSettings settings = Settings(segment, segments) with { Flip = new(5, Bit: 30), Sharing = null };
        using ISegmentSession session = settings.Device.Backend.Load(_checkpoint, settings);
        WrongVectorException refused = Assert.Throws<WrongVectorException>(() => GoldenProbe.Load(_checkpoint, settings, session));
        Assert.Contains("cpu:0 computes a known image wrong", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Bits drawn over all weights: a probe with the flip differs from the known vector exactly where the golden image's does, since it is
    /// that image; what is shown here is that flips reach it, and that it is infinite where the vector holds no number.
    /// </summary>
    [Fact]
    public void Each_turned_bit_that_moves_the_golden_image_by_a_thousandth_is_seen()
    {
        SegmentSettings settings = Settings(0, 1) with { InputSize = InputSize.Square(28) };
        using ISegmentSession whole = settings.Device.Backend.Load(_checkpoint, settings);
        byte[] pixels = new byte[settings.InputSize.PixelBytes];
        new Random(pixels.Length).NextBytes(pixels);
        float[] known = Vectors(whole, pixels);
        int moved = 0;
        for (int seed = 0; seed < 40; seed++)
        {
            WeightFlip flip = new(seed, Bit: seed % 2 == 0 ? null : 30 - (seed % 4));
            SegmentSettings flipped = settings with { Flip = flip, Sharing = null };
            using ISegmentSession session = settings.Device.Backend.Load(_checkpoint, flipped);
            float[] vectors = Vectors(session, pixels);
            double cosine = Cosine(known, vectors);
            bool isSeen = !(UnitDistance.Between(vectors, known, known.Length / 2) <= GoldenProbe.Steady);
            // The length of the difference of unit vectors, by another way.
            bool isMoved = !(Math.Sqrt(Math.Max(0, 2 - (2 * cosine))) <= 1e-3);
            Assert.True(isSeen || !isMoved, $"seed {seed} was not seen");
            moved += isMoved ? 1 : 0;
        }
        Assert.InRange(moved, 5, 40);
    }

    private static SegmentSettings Settings(int segment, int segments)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Stored32);
        return new()
        {
            Blocks = BlockRange.Split(checkpoint.Architecture.Depth, segments)[segment],
            InputSize = InputSize.Square(checkpoint.Architecture.ImageSize),
            Device = ExecutionBackends.Processor,
            Threads = 1,
            Sharing = new(),
        };
    }

    private float[] Vectors(ISegmentSession session, byte[] pixels)
    {
        float[] vectors = new float[2 * _checkpoint.Architecture.Width];
        using Activation result = session.RunPixels([pixels]);
        result.CopyPooled(_checkpoint.Architecture.Depth, 0, vectors);
        return vectors;
    }

    /// <summary>The lower of the cosines of class tokens and of means, in double precision.</summary>
    private static double Cosine(float[] left, float[] right)
    {
        int width = left.Length / 2;
        return Math.Min(OfHalf(0), OfHalf(width));

        double OfHalf(int from)
        {
            double product = 0, lefts = 0, rights = 0;
            for (int i = from; i < from + width; i++)
            {
                product += (double)left[i] * right[i];
                lefts += (double)left[i] * left[i];
                rights += (double)right[i] * right[i];
            }
            return product / Math.Sqrt(lefts * rights);
        }
    }
}
