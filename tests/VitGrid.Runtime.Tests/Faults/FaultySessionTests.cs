using System.Runtime.InteropServices;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Faults;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Sessions;
using VitGrid.Testing;

namespace VitGrid.Runtime.Tests.Faults;

/// <summary>What injected faults do to the hidden state that a later segment hands on: tokens of one number, each its image's.</summary>
public sealed class FaultySessionTests
{
    private const int Tokens = 2;

    [Fact]
    public void Images_of_a_batch_get_each_others_hidden_states_and_one_alone_that_of_the_one_before()
    {
        using FaultySession session = Faulty("swap");
        Assert.Equal((float[])[2, 2, 3, 3, 1, 1], Run(session, 1, 2, 3));
        Assert.Equal((float[])[1, 1], Run(session, 4));
        Assert.Equal((float[])[4, 4], Run(session, 5));
    }

    [Fact]
    public void A_passing_fault_turns_one_bit_in_a_part_of_the_runs_and_another_each_time()
    {
        const int Runs = 1_000;
        using FaultySession session = Faulty("transient part=0.25 seed=3");
        List<(int Place, uint Bits)> turned = [];
        for (int i = 0; i < Runs; i++)
        {
            float[] hidden = Run(session, 7);
            for (int place = 0; place < hidden.Length; place++)
            {
                if (hidden[place] != 7)
                    turned.Add((place, BitConverter.SingleToUInt32Bits(hidden[place]) ^ BitConverter.SingleToUInt32Bits(7)));
            }
        }
        // Five deviations around a quarter, of draws that the seed settles.
        Assert.InRange(turned.Count, 182, 318);
        Assert.All(turned, one => Assert.True(uint.IsPow2(one.Bits)));
        Assert.Equal(32, turned.Select(one => one.Bits).Distinct().Count());
        Assert.Equal(Tokens, turned.Select(one => one.Place).Distinct().Count());
    }

    [Fact]
    public void A_weight_is_turned_by_another_session_that_takes_over_when_it_is_loaded()
    {
        Echo whole = new(), turned = new() { Adds = 100 };
        FaultySession session = new(whole, Faults("weight"), _ => turned);
        Assert.True(SpinWait.SpinUntil(() => Run(session, 1)[0] == 101, Waits.Limit), "the weight was never turned");
        Assert.True(whole.IsDisposed);
        Assert.False(turned.IsDisposed);
        session.Dispose();
        Assert.True(turned.IsDisposed);
    }

    [Fact]
    public void A_weight_that_cannot_be_turned_is_said_and_does_not_pass_for_a_device_that_is_well()
    {
        using FaultySession session = new(new Echo(), Faults("weight"), _ => throw new IOException("no file"));
        SegmentRunException? failure = null;
        Assert.True(SpinWait.SpinUntil(() => (failure = Failure(session)) is not null, Waits.Limit), "the failure was lost");
        Assert.Equal(RunFailure.Device, failure!.Failure);
        Assert.Contains("no weight can be turned: no file", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_timed_device_computes_the_first_batch_of_each_size_and_repeats_it()
    {
        Echo computing = new();
        using FaultySession session = new(computing, Faults("timed batch=1 image=0.5"), _ => throw new NotSupportedException());
        Assert.Equal((float[])[1, 1], Run(session, 1));
        Assert.Equal((float[])[2, 2, 3, 3], Run(session, 2, 3));
        Assert.Equal((float[])[1, 1], Run(session, 4));
        Assert.Equal((float[])[2, 2, 3, 3], Run(session, 5, 6));
        Assert.Equal(2, computing.Runs);
    }

    [Fact]
    public void A_timed_device_takes_a_time_for_each_batch_and_for_each_image_of_it()
    {
        FaultSpec timed = FaultSpec.Parse("cpu:0 timed batch=20 image=2.5");
        Assert.Equal(TimeSpan.FromMilliseconds(40), TimedRuns.TimeOf(timed, images: 8));
    }

    private static SegmentRunException? Failure(FaultySession session)
    {
        try
        {
            Run(session, 1);
            return null;
        }
        catch (SegmentRunException failure)
        {
            return failure;
        }
    }

    private static FaultySession Faulty(string fault) => new(new Echo(), Faults(fault), _ => throw new NotSupportedException());

    private static DeviceFaults Faults(string fault) => new("cpu:0", [FaultSpec.Parse($"cpu:0 {fault}")]);

    private static float[] Run(FaultySession session, params float[] images)
    {
        using Activation input = Hidden([.. images.SelectMany(image => Enumerable.Repeat(image, Tokens))]);
        using Activation result = session.Run(input);
        return MemoryMarshal.Cast<byte, float>(result.HostHidden.Span).ToArray();
    }

    private static Activation Hidden(float[] values) => Activation.FromHost(
        values.Length / Tokens, Tokens, 1, ActivationType.Float32, MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), new Echo());

    /// <summary>A later segment that hands on what it is given.</summary>
    private sealed class Echo : ISegmentSession
    {
        public float Adds { get; init; }

        public bool IsDisposed { get; private set; }

        public int Runs { get; private set; }

        public BlockRange Blocks => new(1, 1);

        public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images) => throw new NotSupportedException();

        public Activation RunPixelValues(float[] planes) => throw new NotSupportedException();

        public Activation Run(Activation input)
        {
            Runs++;
            return Hidden([.. MemoryMarshal.Cast<byte, float>(input.HostHidden.Span).ToArray().Select(value => value + Adds)]);
        }

        public void Dispose() => IsDisposed = true;
    }
}
