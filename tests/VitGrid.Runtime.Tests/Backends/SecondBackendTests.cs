using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;
using VitGrid.Runtime.Tests.Backends.PlainLoops;
using VitGrid.Runtime.Tests.Sessions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Backends;

/// <summary>The example of <c>docs/extending.md</c>: a backend without ONNX Runtime computes golden models.</summary>
public sealed class SecondBackendTests
{
    private const double Tolerance = 2e-5;

    /// <summary>Every backend, the second behind the others: the one line that adds it.</summary>
    private static readonly IReadOnlyList<IExecutionBackend> Backends = [.. ExecutionBackends.All, new PlainLoopsBackend()];

    private static readonly IReadOnlyList<DeviceSpec> Loops = DeviceList.Parse("loops:0,loops:1", Backends);

    [Theory]
    [InlineData("tiny-ln", 1)]
    [InlineData("tiny-ln", 2)]
    [InlineData("tiny-rms-qknorm", 3)]
    [InlineData("tiny-sharded-bf16", 2)]
    [InlineData("tiny-posinterp", 1)]
    public void Every_tensor_of_a_golden_model_equals_the_reference(string model, int segments)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        string expected = Directory.EnumerateFiles(GoldenFiles.Model(model), "expected*.safetensors").Order(StringComparer.Ordinal).First();
        Assert.All(ParityRun.Compare(checkpoint, expected, segments, devices: Loops), tensor =>
        {
            Assert.InRange(tensor.MaxAbsoluteError, 0, Tolerance);
            Assert.InRange(tensor.Cosine, 0.99999999, 1.00000001);
        });
    }

    [Fact]
    public void The_trained_default_equals_its_reference_in_two_segments()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Nano);
        IReadOnlyList<TensorParity> tensors = ParityRun.Compare(
            checkpoint, Path.Combine(GoldenFiles.Nano, "expected.safetensors"), segments: 2, devices: Loops);
        ParityLimit limit = Loops[0].Backend.FindArithmetic(Precision.Fp32)!.Limit;
        Assert.Equal(checkpoint.Architecture.Depth + 4, tensors.Count);
        Assert.All(tensors, tensor => Assert.True(limit.Passes(tensor), tensor.ToString()));
    }

    [Theory]
    [InlineData("loops:0", "cpu:0")]
    [InlineData("cpu:0", "loops:0")]
    public void A_hidden_state_goes_from_one_backend_to_the_other_in_a_batch(string first, string second)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Nano);
        ReadOnlyMemory<byte>[] images = [.. Enumerable.Range(1, 2).Select(seed => Image(checkpoint, seed))];
        using ISegmentSession whole = Load(checkpoint, "cpu:0", new(0, 4));
        using ISegmentSession head = Load(checkpoint, first, new(0, 2)), tail = Load(checkpoint, second, new(2, 2));
        using Activation expected = whole.RunPixels(images), hidden = head.RunPixels(images), actual = tail.Run(hidden);
        foreach (int item in (int[])[0, 1])
        {
            TensorParity parity = TensorParity.Compare("pooled", [384], Pooled(actual, item), Pooled(expected, item));
            Assert.InRange(parity.MaxScaledError, 0, 2 * Tolerance);
            Assert.InRange(parity.Cosine, 0.99999999, 1.00000001);
        }
    }

    [Fact]
    public void An_image_in_a_batch_equals_the_image_alone_bit_for_bit()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Nano);
        using ISegmentSession session = Load(checkpoint, "loops:0", new(0, 4));
        using Activation together = session.RunPixels([Image(checkpoint, 1), Image(checkpoint, 2)]);
        using Activation alone = session.RunPixels([Image(checkpoint, 2)]);
        Assert.Equal(Pooled(alone, 0), Pooled(together, 1));
    }

    [Fact]
    public void Its_devices_are_named_described_and_refused_like_others()
    {
        DeviceInventory inventory = DeviceInventory.Read(Loops);
        Assert.Equal(["loops:0", "loops:1"], Loops.Select(device => inventory.Describe(device).Spec.Name));
        Assert.Empty(inventory.Faults(Loops));
        Assert.Equal(Precision.Fp32, inventory.ChooseAutomatic(Loops));
        Assert.Contains(
            "is not of the form cpu:N or cuda:N or loops:N",
            Assert.Throws<FormatException>(() => DeviceList.Parse("gpu:0", Backends)).Message,
            StringComparison.Ordinal);
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        SegmentSettings bytes = Settings(checkpoint, "loops:0", new(0, 1)) with { Precision = Precision.Int8 };
        Assert.Contains("use fp32", Assert.Throws<NotSupportedException>(() => TestSessions.Load(checkpoint, bytes)).Message,
            StringComparison.Ordinal);
    }

    private static SegmentSettings Settings(Checkpoint checkpoint, string device, BlockRange blocks) => new()
    {
        Blocks = blocks,
        InputSize = InputSize.Square(checkpoint.Preprocessing.Size),
        Device = DeviceList.Parse(device, Backends)[0],
        Threads = 1,
    };

    private static ISegmentSession Load(Checkpoint checkpoint, string device, BlockRange blocks) =>
        TestSessions.Load(checkpoint, Settings(checkpoint, device, blocks));

    private static ReadOnlyMemory<byte> Image(Checkpoint checkpoint, int seed)
    {
        byte[] pixels = new byte[InputSize.Square(checkpoint.Preprocessing.Size).PixelBytes];
        new Random(seed).NextBytes(pixels);
        return pixels;
    }

    private static float[] Pooled(Activation activation, int item)
    {
        float[] vectors = new float[2 * activation.Width];
        activation.CopyPooled(4, item, vectors);
        return vectors;
    }
}
