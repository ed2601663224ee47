using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;
using VitGrid.Runtime.Tests.Sessions;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Runtime.Tests.Precisions;

/// <summary>
/// What holds for every vision transformer in every arithmetic: an image's numbers are its own, and 8 bits point where 32 do.
/// </summary>
public sealed class VisionTransformerPrecisionTests(ITestOutputHelper output)
{
    public static TheoryData<string> Models =>
        [.. Directory.EnumerateDirectories(GoldenFiles.PathOf("vits")).Select(folder => Path.GetFileName(folder)).Order()];

    /// <summary>The smallest of each kind of blocks.</summary>
    public static TheoryData<string> Shapes =>
    [
        "vit-base-patch16-224",
        "dinov2-small",
        "dinov2-with-registers-small",
        "clip-vit-base-patch32",
        "siglip-base-patch16-224",
        "dinov3-vits16-pretrain-lvd1689m",
        "dinov3-vits16plus-pretrain-lvd1689m",
        "eva02_small_patch14_224",
        "vit_pe_core_small_patch16_384",
        "beit-base-patch16-224",
        "aimv2-large-patch14-224",
    ];

    [Theory]
    [MemberData(nameof(Models))]
    public void An_image_among_eight_equals_the_image_alone_bit_for_bit(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("vits", model));
        AssertAlone(checkpoint, Precision.Fp32);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void In_8_bits_it_does_too_and_two_segments_equal_the_whole(string model)
    {
        using CopiedModel copy = new(GoldenFiles.PathOf("vits", model));
        using Checkpoint checkpoint = copy.Open();
        AssertAlone(checkpoint, Precision.Int8);

        float[] whole = Vectors(checkpoint, Precision.Int8, [new(0, checkpoint.Architecture.Depth)], images: 2);
        float[] cut = Vectors(checkpoint, Precision.Int8, [.. BlockRange.Split(checkpoint.Architecture.Depth, 2)], images: 2);
        Assert.Equal(whole, cut);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Files_in_16_bits_give_bit_for_bit_what_their_numbers_give_in_32(string model)
    {
        foreach (TensorType type in (TensorType[])[TensorType.F16, TensorType.BF16])
        {
            using NarrowedModel half = new(GoldenFiles.PathOf("vits", model), type, type);
            using NarrowedModel single = new(GoldenFiles.PathOf("vits", model), type, TensorType.F32);
            using Checkpoint narrow = Checkpoint.Open(half.Directory), wide = Checkpoint.Open(single.Directory);
            Assert.Equal((type, TensorType.F32), (narrow.StoredType, wide.StoredType));
            BlockRange[] all = [new(0, narrow.Architecture.Depth)];
            Assert.Equal(Vectors(wide, Precision.Fp32, all, images: 2), Vectors(narrow, Precision.Fp32, all, images: 2));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Eight_bits_point_where_single_precision_does_at_published_widths(string name)
    {
        EncoderArchitecture shape = RandomCheckpoint.Architectures[name];
        string folder = Directory.CreateTempSubdirectory("vitgrid-").FullName;
        try
        {
            RandomCheckpoint.Write(name, shape with { Depth = 2 }, folder, seed: 7, TensorType.F32);
            using Checkpoint checkpoint = Checkpoint.Open(folder);
            BlockRange[] all = [new(0, 2)];
            float[] exact = Vectors(checkpoint, Precision.Fp32, all, images: 2);
            float[] bytes = Vectors(checkpoint, Precision.Int8, all, images: 2);
            int width = exact.Length / 2;
            double cosine = exact.Chunk(width).Zip(bytes.Chunk(width), Cosine).Min();
            output.WriteLine($"{name}: least cosine {cosine:F6}");
            Assert.InRange(cosine, 0.9995, 1.000001);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void AssertAlone(Checkpoint checkpoint, Precision precision)
    {
        using ISegmentSession session = TestSessions.Load(
            checkpoint, Settings(checkpoint, precision, new(0, checkpoint.Architecture.Depth)));
        ReadOnlyMemory<byte>[] images = [.. Enumerable.Range(0, 8).Select(seed => Image(checkpoint, seed))];
        using Activation together = session.RunPixels(images);
        for (int i = 0; i < images.Length; i++)
        {
            using Activation alone = session.RunPixels([images[i]]);
            Assert.Equal(Pooled(alone, checkpoint, 0), Pooled(together, checkpoint, i));
        }
    }

    /// <summary>The last layer's pooled vectors, head and all.</summary>
    private static float[] Vectors(Checkpoint checkpoint, Precision precision, BlockRange[] segments, int images)
    {
        Activation? state = null;
        foreach (BlockRange blocks in segments)
        {
            using ISegmentSession session = TestSessions.Load(checkpoint, Settings(checkpoint, precision, blocks));
            Activation next = state is null
                ? session.RunPixels([.. Enumerable.Range(0, images).Select(seed => Image(checkpoint, seed))])
                : session.Run(state);
            state?.Dispose();
            state = next;
        }
        using (state)
            return [.. Enumerable.Range(0, images).SelectMany(item => Pooled(state!, checkpoint, item))];
    }

    private static SegmentSettings Settings(Checkpoint checkpoint, Precision precision, BlockRange blocks) => new()
    {
        Blocks = blocks,
        InputSize = InputSize.Square(checkpoint.Architecture.ImageSize),
        Device = ExecutionBackends.Processor,
        Threads = 2,
        Precision = precision,
    };

    private static ReadOnlyMemory<byte> Image(Checkpoint checkpoint, int seed)
    {
        byte[] pixels = new byte[InputSize.Square(checkpoint.Architecture.ImageSize).PixelBytes];
        new Random(seed).NextBytes(pixels);
        return pixels;
    }

    private static float[] Pooled(Activation activation, Checkpoint checkpoint, int item)
    {
        int depth = checkpoint.Architecture.Depth;
        float[] vector = new float[activation.PooledWidth(depth)];
        activation.CopyPooled(depth, item, vector);
        return vector;
    }

    private static double Cosine(float[] left, float[] right) => TensorParity.Compare("vector", [left.Length], left, right).Cosine;
}
