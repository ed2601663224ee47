using System.Runtime.InteropServices;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Sessions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Sessions;

/// <summary>A hidden state leaves one process as bytes and enters another.</summary>
public sealed class ActivationTests
{
    private static readonly InputSize Size = InputSize.Square(56);

    [Theory]
    [InlineData("tiny-ln")]
    [InlineData("tiny-rms-qknorm")]
    public void Bytes_sent_between_two_segments_give_the_vector_of_one_segment_bit_for_bit(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        int depth = checkpoint.Architecture.Depth, width = checkpoint.Architecture.Width;
        byte[][] images = [Image(1), Image(2), Image(3)];
        using ISegmentSession whole = Load(checkpoint, new(0, depth));
        using ISegmentSession first = Load(checkpoint, new(0, 1)), second = Load(checkpoint, new(1, depth - 1));
        using Activation expected = whole.RunPixels([.. images.Select(image => (ReadOnlyMemory<byte>)image)]);
        using Activation sent = first.RunPixels([.. images.Select(image => (ReadOnlyMemory<byte>)image)]);

        byte[] received = sent.HostHidden.ToArray();
        using Activation arrived = Activation.FromHost(3, sent.Tokens, width, sent.ElementType, received, new Owner());
        using Activation result = second.Run(arrived);

        float[] vector = new float[2 * width], wanted = new float[2 * width];
        for (int item = 0; item < 3; item++)
        {
            result.CopyPooled(depth, item, vector);
            expected.CopyPooled(depth, item, wanted);
            Assert.Equal(wanted, vector);
        }
    }

    [Fact]
    public void The_hidden_state_on_the_host_is_the_tensor_itself()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        using ISegmentSession session = Load(checkpoint, new(0, 2), states: true);
        using Activation activation = session.RunPixels([Image(5)]);

        ReadOnlyMemory<byte> hidden = activation.HostHidden;

        Assert.Equal(new ActivationShape(1, 17, 64, ActivationType.Float32), activation.Shape);
        Assert.Equal(activation.HiddenState(2), MemoryMarshal.Cast<byte, float>(hidden.Span).ToArray());
        Assert.True(hidden.Span.Overlaps(activation.HostHidden.Span));
    }

    [Fact]
    public void Bytes_that_arrived_are_not_copied_and_their_owner_goes_with_the_activation()
    {
        byte[] bytes = new byte[2 * 5 * 8 * 2];
        Owner owner = new();
        Activation activation = Activation.FromHost(2, 5, 8, ActivationType.BFloat16, bytes, owner);
        ReadOnlyMemory<byte> hidden = activation.HostHidden;

        Assert.True(hidden.Span.Overlaps(bytes));
        activation.Dispose();
        Assert.Equal(1, owner.Disposals);
        Assert.Throws<ObjectDisposedException>(() => hidden.Span.Length);
    }

    [Fact]
    public void Bytes_of_another_size_are_refused_with_both_sizes()
    {
        Owner owner = new();
        ArgumentException refusal = Assert.Throws<ArgumentException>(
            () => Activation.FromHost(2, 5, 8, ActivationType.Float32, new byte[160], owner));
        Assert.Contains("has 320 bytes; 160 were given", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, owner.Disposals);
    }

    [Theory]
    [InlineData(16, 64, ActivationType.Float32)]
    [InlineData(17, 32, ActivationType.Float32)]
    [InlineData(17, 64, ActivationType.Float16)]
    public void A_hidden_state_of_another_shape_or_type_is_refused_by_both(int tokens, int width, ActivationType type)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        using ISegmentSession second = Load(checkpoint, new(2, 2));
        using Activation wrong = Activation.FromHost(1, tokens, width, type, new byte[tokens * width * type.Bytes()], new Owner());

        ArgumentException refusal = Assert.Throws<ArgumentException>(() => second.Run(wrong));

        Assert.Contains($"{type} [1, {tokens}, {width}]", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("takes a hidden state of Float32 [1, 17, 64]", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_segment_leaves_no_hidden_state()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        using ISegmentSession whole = Load(checkpoint, new(0, 4));
        using Activation activation = whole.RunPixels([Image(1)]);
        Assert.Throws<InvalidOperationException>(() => activation.HostHidden);
    }

    private static ISegmentSession Load(Checkpoint checkpoint, BlockRange blocks, bool states = false) =>
        TestSessions.Load(checkpoint, new()
        {
            Blocks = blocks, InputSize = Size, Device = ExecutionBackends.Processor, Threads = 2, HiddenStates = states,
        });

    private static byte[] Image(int seed)
    {
        byte[] pixels = new byte[Size.PixelBytes];
        new Random(seed).NextBytes(pixels);
        return pixels;
    }

    private sealed class Owner : IDisposable
    {
        public int Disposals { get; private set; }

        public void Dispose() => Disposals++;
    }
}
