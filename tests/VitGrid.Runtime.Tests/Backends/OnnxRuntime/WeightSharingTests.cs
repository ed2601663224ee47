using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Sessions;
using VitGrid.Runtime.Tests.Precisions;
using VitGrid.Runtime.Tests.Sessions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime;

public sealed class WeightSharingTests
{
    private static readonly InputSize Size = InputSize.Square(56);

    public static TheoryData<string, Precision> Models => new()
    {
        { "tiny-ln", Precision.Fp32 },
        { "tiny-rms-qknorm", Precision.Fp32 },
        { "tiny-sharded-bf16", Precision.Fp32 },
        { "tiny-sharded-bf16", Precision.Bf16 },
        { "tiny-ln", Precision.Int8 },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Sessions_that_share_weights_give_the_vectors_of_one_that_holds_its_own_bit_for_bit(string model, Precision precision)
    {
        using CopiedModel copy = new(GoldenFiles.Model(model));
        using Checkpoint checkpoint = copy.Open();
        SegmentSettings settings = Whole(checkpoint, precision);
        WeightSharing sharing = new();
        using ISegmentSession alone = TestSessions.Load(checkpoint, settings), first = TestSessions.Load(
            checkpoint, settings with { Sharing = sharing }),
            second = TestSessions.Load(checkpoint, settings with { Sharing = sharing });
        float[] expected = Vectors(alone, checkpoint);
        Assert.Equal(expected, Vectors(first, checkpoint));
        Assert.Equal(expected, Vectors(second, checkpoint));
    }

    [Fact]
    public void A_session_computes_on_when_another_with_its_weights_is_gone_and_the_last_frees_them()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        WeightSharing sharing = new();
        SegmentSettings settings = Whole(checkpoint, Precision.Fp32) with { Sharing = sharing };
        ISegmentSession first = TestSessions.Load(checkpoint, settings);
        ISegmentSession second = TestSessions.Load(checkpoint, settings);
        float[] before = Vectors(second, checkpoint);
        first.Dispose();
        first.Dispose();
        Assert.Equal((before.Length, 1), (Vectors(second, checkpoint).Length, sharing.Count));
        Assert.Equal(before, Vectors(second, checkpoint));
        second.Dispose();
        Assert.Equal(0, sharing.Count);
    }

    [Fact]
    public void Segments_of_other_blocks_share_nothing()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        WeightSharing sharing = new();
        SegmentSettings settings = Whole(checkpoint, Precision.Fp32) with { Sharing = sharing };
        using ISegmentSession head = TestSessions.Load(checkpoint, settings with { Blocks = new(0, 2) }), tail = TestSessions.Load(
            checkpoint, settings with { Blocks = new(2, 2) });
        Assert.Equal(2, sharing.Count);
    }

    [Fact]
    public void A_graph_names_the_weights_that_it_computes_with_as_they_are_stored_and_no_others()
    {
        using Checkpoint single = Checkpoint.Open(GoldenFiles.Model("tiny-ln")), half = Checkpoint.Open(
            GoldenFiles.Model("tiny-sharded-bf16"));
        Assert.Contains(Build(single).Weights, weight => weight.Name == "blocks.1/mlp/fc1.weight");
        Assert.Empty(Build(half).Weights);
    }

    private static SegmentModel Build(Checkpoint checkpoint) => SegmentBuilder.Build(checkpoint, new SegmentRequest
    {
        Blocks = new(0, checkpoint.Architecture.Depth),
        InputSize = Size,
        PooledLayers = SegmentBuilder.AllLayers(checkpoint.Architecture.Depth),
    });

    private static SegmentSettings Whole(Checkpoint checkpoint, Precision precision) => new()
    {
        Blocks = new(0, checkpoint.Architecture.Depth),
        InputSize = Size,
        Device = ExecutionBackends.Processor,
        Threads = 1,
        Precision = precision,
    };

    private static float[] Vectors(ISegmentSession session, Checkpoint checkpoint)
    {
        byte[] pixels = new byte[Size.PixelBytes];
        new Random(1).NextBytes(pixels);
        using Activation activation = session.RunPixels([pixels]);
        float[] vectors = new float[2 * checkpoint.Architecture.Width];
        activation.CopyPooled(checkpoint.Architecture.Depth, 0, vectors);
        return vectors;
    }
}
