using FsCheck.Xunit;

namespace VitGrid.Transport.Tests;

/// <summary>Native memory for bodies.</summary>
public sealed class NativeBufferTests
{
    [Fact]
    public void A_buffer_has_the_exact_length_and_an_aligned_address()
    {
        using NativeBufferPool pool = new(1 << 20);
        using NativeBuffer buffer = pool.Rent(5_001);
        buffer.GetSpan()[5_000] = 7;
        Assert.Equal((5_001, 5_001, 7), (buffer.Length, buffer.Memory.Length, buffer.Memory.Span[5_000]));
        Assert.Equal(0, buffer.Pointer % 64);
    }

    [Fact]
    public void Memory_that_came_back_is_used_again_and_what_is_kept_is_bounded()
    {
        using NativeBufferPool pool = new(maxKeptBytes: 100_000);
        NativeBuffer first = pool.Rent(60_000);
        NativeBuffer second = pool.Rent(60_000);
        nint address = first.Pointer;
        first.Dispose();
        second.Dispose();
        Assert.Equal((0, 61_440), (pool.RentedBytes, pool.KeptBytes));
        using NativeBuffer third = pool.Rent(59_900);
        Assert.Equal((address, 61_440, 0), (third.Pointer, pool.RentedBytes, pool.KeptBytes));
    }

    [Fact]
    public void A_buffer_that_was_given_back_is_unusable_and_given_back_only_once()
    {
        using NativeBufferPool pool = new(1 << 20);
        NativeBuffer buffer = pool.Rent(100);
        Memory<byte> memory = buffer.Memory;
        buffer.Dispose();
        buffer.Dispose();
        Assert.Equal(4_096, pool.KeptBytes);
        Assert.Throws<ObjectDisposedException>(() => buffer.Pointer);
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
    }

    [Fact]
    public void A_disposed_pool_keeps_nothing()
    {
        NativeBufferPool pool = new(1 << 20);
        NativeBuffer late = pool.Rent(100);
        pool.Rent(100).Dispose();
        pool.Dispose();
        late.Dispose();
        Assert.Equal((0, 0), (pool.RentedBytes, pool.KeptBytes));
    }

    [Property]
    public bool At_most_an_eighth_is_unused_above_the_smallest_steps(int any)
    {
        int length = 65_536 + (int)((uint)any % 2_000_000_000);
        nuint capacity = NativeBufferPool.CapacityFor(length);
        return capacity >= (nuint)length && capacity - (nuint)length <= (nuint)length / 8;
    }
}
