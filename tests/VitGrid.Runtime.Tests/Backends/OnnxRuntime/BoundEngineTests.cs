using Microsoft.ML.OnnxRuntime;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Backends.OnnxRuntime;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Sessions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime;

/// <summary>
/// Everything of a GPU's session but the GPU: buckets, bound buffers, copies between host and device, lifetimes. The driver is one of host
/// memory and ONNX Runtime computes on the CPU, so results must equal those of a CPU session bit for bit.
/// </summary>
[Collection(FakeCuda.Name)]
public sealed class BoundEngineTests : IDisposable
{
    private static readonly InputSize Size = InputSize.Square(56);
    private readonly Checkpoint _checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-rms-qknorm"));
    private readonly DeviceMemory _memory =
        DeviceMemory.OfCuda(FakeCuda.Driver(), 1)
            with { Info = new OrtMemoryInfo("Cpu", OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default) };

    private int Depth => _checkpoint.Architecture.Depth;

    public void Dispose()
    {
        _checkpoint.Dispose();
        _memory.Info.Dispose();
        Assert.Empty(FakeCuda.Live);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    public void A_batch_of_any_size_gives_the_vectors_of_a_plain_session_bit_for_bit(int batch)
    {
        ReadOnlyMemory<byte>[] images = Images(batch);
        using SegmentSession plain = Plain(new(0, Depth)), bound = Bound(new(0, Depth));
        using Activation expected = plain.RunPixels(images);
        using Activation actual = bound.RunPixels(images);
        for (int layer = 0; layer <= Depth; layer++)
            AssertSame(expected, actual, layer);
    }

    [Fact]
    public void A_small_batch_after_a_large_one_is_not_touched_by_what_the_bucket_held()
    {
        using SegmentSession plain = Plain(new(0, Depth)), bound = Bound(new(0, Depth));
        bound.RunPixels(Images(4)).Dispose();
        ReadOnlyMemory<byte>[] three = [.. Images(7).Skip(4)];
        using Activation expected = plain.RunPixels(three), actual = bound.RunPixels(three);
        AssertSame(expected, actual, Depth);
    }

    [Fact]
    public void A_result_stays_while_later_batches_run_in_its_bucket()
    {
        using SegmentSession plain = Plain(new(0, 2)), first = Bound(new(0, 2)), second = Bound(new(2, Depth - 2)), rest = Plain(
            new(2, Depth - 2));
        ReadOnlyMemory<byte>[] early = Images(3), late = [.. Images(6).Skip(3)];

        using Activation earlyHidden = first.RunPixels(early), lateHidden = first.RunPixels(late);
        using Activation lateResult = second.Run(lateHidden), earlyResult = second.Run(earlyHidden);

        foreach ((ReadOnlyMemory<byte>[] images, Activation result) in (ReadOnlySpan<(ReadOnlyMemory<byte>[], Activation)>)[
            (early, earlyResult), (late, lateResult)])
        {
            using Activation hidden = plain.RunPixels(images), expected = rest.Run(hidden);
            AssertSame(expected, result, Depth);
        }
    }

    [Fact]
    public void Two_segments_on_one_device_pass_the_hidden_state_on_without_the_host()
    {
        using SegmentSession whole = Bound(new(0, Depth)), first = Bound(new(0, 3)), second = Bound(new(3, Depth - 3));
        using Activation expected = whole.RunPixels(Images(2));
        using Activation hidden = first.RunPixels(Images(2));
        int live = FakeCuda.Live.Count;
        using Activation actual = second.Run(hidden);
        AssertSame(expected, actual, Depth);
        // Input and outputs of the second segment's bucket and the block of its pooled vectors; nothing for the hidden state on the host.
        Assert.Equal(live + 3, FakeCuda.Live.Count);
    }

    [Fact]
    public void The_hidden_state_is_copied_to_the_host_once_and_goes_on_elsewhere()
    {
        using SegmentSession first = Bound(new(0, 3)), plain = Plain(new(0, 3)), elsewhere = Plain(new(3, Depth - 3));
        using Activation expected = plain.RunPixels(Images(3)), hidden = first.RunPixels(Images(3));
        long before = FakeCuda.Copied;

        Assert.True(expected.HostHidden.Span.SequenceEqual(hidden.HostHidden.Span));
        using Activation wanted = elsewhere.Run(expected), actual = elsewhere.Run(hidden);

        AssertSame(wanted, actual, Depth);
        Assert.Equal(before + hidden.Shape.Bytes, FakeCuda.Copied);
    }

    [Fact]
    public void Bytes_received_from_another_process_enter_a_device()
    {
        using SegmentSession first = Plain(new(0, 3)), second = Bound(new(3, Depth - 3)), plain = Plain(new(3, Depth - 3));
        using Activation sent = first.RunPixels(Images(3));
        using Activation received = Activation.FromHost(
            3, sent.Tokens, sent.Width, sent.ElementType, sent.HostHidden.ToArray(), new MemoryStream());
        using Activation expected = plain.Run(sent), actual = second.Run(received);
        AssertSame(expected, actual, Depth);
    }

    [Fact]
    public void A_result_may_outlive_its_session_and_be_read_on_another_thread()
    {
        Activation hidden;
        using (SegmentSession first = Bound(new(0, 3)))
            hidden = first.RunPixels(Images(2));
        using SegmentSession plain = Plain(new(0, 3));
        using Activation expected = plain.RunPixels(Images(2));
        Thread reader = new(() => Assert.True(expected.HostHidden.Span.SequenceEqual(hidden.HostHidden.Span)));
        reader.Start();
        reader.Join();
        hidden.Dispose();
    }

    [Fact]
    public void Buffers_are_used_again_not_allocated_again()
    {
        using SegmentSession first = Bound(new(0, 3));
        first.RunPixels(Images(3)).Dispose();
        int live = FakeCuda.Live.Count;
        for (int round = 0; round < 5; round++)
            first.RunPixels(Images(3 + (round % 2))).Dispose();
        Assert.Equal(live, FakeCuda.Live.Count);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 4)]
    [InlineData(17, 32)]
    [InlineData(32, 32)]
    [InlineData(33, 64)]
    public void A_bucket_is_the_next_power_of_two(int batch, int bucket) => Assert.Equal(bucket, BoundEngine.BucketFor(batch));

    private static void AssertSame(Activation expected, Activation actual, int layer)
    {
        float[] wanted = new float[2 * expected.Width], got = new float[2 * expected.Width];
        Assert.Equal(expected.Has(layer), actual.Has(layer));
        for (int item = 0; item < expected.BatchSize; item++)
        {
            expected.CopyPooled(layer, item, wanted);
            actual.CopyPooled(layer, item, got);
            Assert.Equal(wanted, got);
        }
    }

    private static ReadOnlyMemory<byte>[] Images(int count) => [.. Enumerable.Range(1, count).Select(seed =>
    {
        byte[] pixels = new byte[Size.PixelBytes];
        new Random(seed).NextBytes(pixels);
        return (ReadOnlyMemory<byte>)pixels;
    })];

    private static SegmentSettings Settings(BlockRange blocks) => new()
    {
        Blocks = blocks, InputSize = Size, Device = ExecutionBackends.Processor, Threads = 2,
    };

    private SegmentSession Plain(BlockRange blocks) => Load(blocks, memory: null);

    private SegmentSession Bound(BlockRange blocks) => Load(blocks, _memory);

    private SegmentSession Load(BlockRange blocks, DeviceMemory? memory) =>
        new CpuBackend().Load(_checkpoint, Settings(blocks), memory, ActivationType.Float32);
}
