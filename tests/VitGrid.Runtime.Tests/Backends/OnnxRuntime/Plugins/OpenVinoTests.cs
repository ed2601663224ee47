using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;
using VitGrid.Runtime.Tests.Sessions;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime.Plugins;

/// <summary>OpenVINO's provider on golden models: what it computes in each precision, alone, among others and in segments.</summary>
public sealed class OpenVinoTests(ITestOutputHelper output)
{
    public static TheoryData<string> Models =>
    [
        .. new[] { "models", "vits" }.SelectMany(
            set => Directory.EnumerateDirectories(GoldenFiles.PathOf(set)).Select(
                folder => Path.Combine(set, Path.GetFileName(folder)))).Order(StringComparer.Ordinal),
    ];

    /// <summary>Those that it has on this processor.</summary>
    public static TheoryData<Precision> Precisions =>
    [
        .. new[] { Precision.Fp32, Precision.Bf16 }.Where(
            precision => OpenVino.Device.Backend.FindArithmetic(precision) is not null),
    ];

    [OpenVinoTheory]
    [MemberData(nameof(Models))]
    public void In_single_precision_every_tensor_of_a_golden_model_equals_the_reference(string model)
    {
        IReadOnlyList<TensorParity> tensors = Compare(model, Precision.Fp32, segments: 2);
        ParityLimit limit = OpenVino.Device.Backend.FindArithmetic(Precision.Fp32)!.Limit;
        output.WriteLine($"{model}: {tensors.Max(tensor => tensor.MaxScaledError):e1}");
        Assert.All(tensors, tensor => Assert.True(limit.Passes(tensor), tensor.ToString()));
    }

    [OpenVinoBFloat16Theory]
    [MemberData(nameof(Models))]
    public void In_bf16_every_tensor_points_where_the_reference_does(string model)
    {
        IReadOnlyList<TensorParity> tensors = Compare(model, Precision.Bf16, segments: 2);
        output.WriteLine($"{model}: {tensors.Min(tensor => tensor.Cosine):f7}");
        Assert.All(tensors, tensor => Assert.InRange(tensor.Cosine, 0.9999, 1.0000001));
    }

    [OpenVinoTheory]
    [MemberData(nameof(Precisions))]
    public void An_image_among_eight_equals_the_image_alone_bit_for_bit(Precision precision)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Nano);
        using ISegmentSession session = TestSessions.Load(checkpoint, Settings(checkpoint, OpenVino.Device, precision));
        ReadOnlyMemory<byte>[] images = [.. Enumerable.Range(0, 8).Select(seed => Image(checkpoint, seed))];
        using Activation together = session.RunPixels(images);
        for (int i = 0; i < images.Length; i++)
        {
            using Activation alone = session.RunPixels([images[i]]);
            Assert.Equal(Pooled(alone, checkpoint, 0), Pooled(together, checkpoint, i));
        }
    }

    [OpenVinoTheory]
    [MemberData(nameof(Precisions))]
    public void A_segment_is_proven_against_the_processor_at_load(Precision precision)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Nano);
        SegmentSettings whole = Settings(checkpoint, OpenVino.Device, precision);
        foreach (BlockRange blocks in (BlockRange[])[whole.Blocks, .. BlockRange.Split(checkpoint.Architecture.Depth, 2)])
        {
            SegmentSettings settings = whole with { Blocks = blocks };
            using ISegmentSession session = TestSessions.Load(checkpoint, settings);
            GoldenProbe probe = GoldenProbe.Load(checkpoint, settings, session);
            Assert.Equal(0, probe.Run());
        }
    }

    /// <summary>The library as one of which VitGrid knows nothing: left alone it takes bf16 for a model in single precision.</summary>
    [OpenVinoBFloat16Fact]
    public void Numbers_of_16_bits_under_the_name_of_single_precision_are_refused()
    {
        using UnknownOpenVino unknown = new();
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Nano);
        SegmentSettings settings = Settings(checkpoint, unknown.Device, Precision.Fp32);
        using ISegmentSession session = TestSessions.Load(checkpoint, settings);
        WrongVectorException refused = Assert.Throws<WrongVectorException>(() => GoldenProbe.Load(checkpoint, settings, session));
        output.WriteLine(refused.Message);
        Assert.StartsWith("unknown:0 computes a known image wrong in blocks ", refused.Message, StringComparison.Ordinal);
    }

    private static SegmentSettings Settings(Checkpoint checkpoint, DeviceSpec device, Precision precision) => new()
    {
        Blocks = new(0, checkpoint.Architecture.Depth), InputSize = InputSize.Of(checkpoint.Preprocessing), Threads = 2,
        Device = device, Precision = precision,
    };

    private static IReadOnlyList<TensorParity> Compare(string model, Precision precision, int segments)
    {
        string folder = GoldenFiles.PathOf(model.Split(Path.DirectorySeparatorChar));
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        string expected = Directory.EnumerateFiles(folder, "expected*.safetensors").Order(StringComparer.Ordinal).First();
        return ParityRun.Compare(
            checkpoint, expected, Math.Min(segments, checkpoint.Architecture.Depth), precision, [OpenVino.Device]);
    }

    private static ReadOnlyMemory<byte> Image(Checkpoint checkpoint, int seed)
    {
        byte[] pixels = new byte[InputSize.Of(checkpoint.Preprocessing).PixelBytes];
        new Random(seed).NextBytes(pixels);
        return pixels;
    }

    private static float[] Pooled(Activation activation, Checkpoint checkpoint, int item)
    {
        float[] vector = new float[activation.PooledWidth(checkpoint.Architecture.Depth)];
        activation.CopyPooled(checkpoint.Architecture.Depth, item, vector);
        return vector;
    }
}
