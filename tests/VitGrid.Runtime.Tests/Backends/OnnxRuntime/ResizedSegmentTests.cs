using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Sessions;
using VitGrid.Runtime.Tests.Sessions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime;

/// <summary>One graph for images of every size computes what a graph of one size does, to the last bit, whatever the encoder.</summary>
public sealed class ResizedSegmentTests
{
    public static TheoryData<string, string> Models()
    {
        TheoryData<string, string> models = [];
        foreach (string group in new[] { "models", "vits" })
        {
            foreach (string folder in Directory.EnumerateDirectories(GoldenFiles.PathOf(group)).Order())
                models.Add(group, Path.GetFileName(folder));
        }
        return models;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void At_its_own_size_and_at_four_patches_it_equals_a_graph_of_that_size_alone(string group, string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf(group, model));
        SegmentSettings settings = Whole(checkpoint);
        using ISegmentSession session = TestSessions.Load(checkpoint, settings);
        Assert.Equal(Vectors(checkpoint, settings with { HiddenStates = true }), Vectors(session, settings));

        SegmentSettings small = settings with { InputSize = FourPatches(checkpoint, settings.InputSize) };
        ISegmentSession? resized = session.Resize(small.InputSize);
        Assert.Equal(checkpoint.Architecture.Interpolation == PositionInterpolation.Fixed, resized is null);
        if (resized is null)
            return;
        Assert.Equal(Vectors(checkpoint, small with { HiddenStates = true }), Vectors(resized, small));
        // And its own size again, which the other has left as it was.
        Assert.Equal(Vectors(checkpoint, settings with { HiddenStates = true }), Vectors(session, settings));
    }

    [Theory]
    [InlineData("vits", "dinov2-registers")]
    [InlineData("vits", "timm-beit")]
    [InlineData("vits", "dinov3")]
    [InlineData("models", "tiny-sharded-bf16")]
    public void A_later_segment_takes_hidden_states_of_the_other_size(string group, string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf(group, model));
        SegmentSettings settings = Whole(checkpoint);
        BlockRange[] halves = [.. BlockRange.Split(checkpoint.Architecture.Depth, 2)];
        using ISegmentSession first = TestSessions.Load(checkpoint, settings with { Blocks = halves[0] });
        using ISegmentSession second = TestSessions.Load(checkpoint, settings with { Blocks = halves[1] });
        SegmentSettings small = settings with { InputSize = FourPatches(checkpoint, settings.InputSize) };
        using Activation between = first.Resize(small.InputSize)!.RunPixels(Images(small.InputSize));
        using Activation last = second.Resize(small.InputSize)!.Run(between);
        Assert.Equal(Vectors(checkpoint, small)[(halves[0].End + 1)..], PooledOf(last));
        Assert.Throws<ArgumentException>(() => second.Run(between));
    }

    [Fact]
    public void A_turned_weight_is_in_both_sizes()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Nano);
        SegmentSettings settings = Whole(checkpoint) with { Flip = new(5, Bit: 30) };
        SegmentSettings small = settings with { InputSize = FourPatches(checkpoint, settings.InputSize), HiddenStates = true };
        using ISegmentSession session = TestSessions.Load(checkpoint, settings);
        Assert.Equal(Vectors(checkpoint, small), Vectors(session.Resize(small.InputSize)!, small));
        Assert.NotEqual(Vectors(checkpoint, small with { Flip = null }), Vectors(checkpoint, small));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_graph_that_gives_out_features_is_for_one_size(bool states, bool layers)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        SegmentSettings settings = Whole(checkpoint) with { HiddenStates = states, FeatureLayers = layers ? [2] : [] };
        using ISegmentSession session = TestSessions.Load(checkpoint, settings);
        Assert.Null(session.Resize(FourPatches(checkpoint, settings.InputSize)));
    }

    private static SegmentSettings Whole(Checkpoint checkpoint) => new()
    {
        Blocks = new(0, checkpoint.Architecture.Depth),
        InputSize = InputSize.Square(checkpoint.Architecture.ImageSize) with { Samples = checkpoint.Preprocessing.Samples },
        Device = ExecutionBackends.Processor,
        Threads = 1,
    };

    private static InputSize FourPatches(Checkpoint checkpoint, InputSize own) =>
        GoldenProbe.Small(own, checkpoint.Architecture.PatchSize);

    private static float[][] Vectors(Checkpoint checkpoint, SegmentSettings settings)
    {
        using ISegmentSession session = TestSessions.Load(checkpoint, settings);
        return Vectors(session, settings);
    }

    /// <summary>The pooled vectors of two images, layer by layer.</summary>
    private static float[][] Vectors(ISegmentSession session, SegmentSettings settings)
    {
        using Activation result = session.RunPixels(Images(settings.InputSize));
        return PooledOf(result);
    }

    private static float[][] PooledOf(Activation result) =>
        [.. result.PooledLayers.Order().Select(layer => result.Pooled(layer).ToArray())];

    private static ReadOnlyMemory<byte>[] Images(InputSize size) => [.. Enumerable.Range(1, 2).Select(seed =>
    {
        byte[] pixels = new byte[size.PixelBytes];
        Random random = new(seed);
        if (size.Samples == PixelType.Byte)
            random.NextBytes(pixels);
        else
            Buffer.BlockCopy(Enumerable.Range(0, size.SampleCount).Select(_ => random.NextSingle()).ToArray(), 0, pixels, 0, pixels.Length);
        return (ReadOnlyMemory<byte>)pixels;
    })];
}
