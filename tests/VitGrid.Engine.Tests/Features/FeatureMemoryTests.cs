using VitGrid.Engine.Features;

namespace VitGrid.Engine.Tests.Features;

/// <summary>Who may hold features, and in which order.</summary>
public sealed class FeatureMemoryTests
{
    private readonly FeatureMemory _memory = new(100);

    [Fact]
    public async Task Who_finds_no_room_waits_in_turn_and_a_small_one_does_not_pass()
    {
        IDisposable first = await _memory.TakeAsync(80, default);
        Task<IDisposable> large = _memory.TakeAsync(60, default), small = _memory.TakeAsync(10, default);
        Assert.False(large.IsCompleted || small.IsCompleted);
        first.Dispose();
        first.Dispose();
        using IDisposable both = await large, other = await small;
        Assert.Equal(70, _memory.Held);
    }

    [Fact]
    public async Task One_that_gives_up_lets_those_behind_it_pass()
    {
        using IDisposable first = await _memory.TakeAsync(80, default);
        using CancellationTokenSource source = new();
        Task<IDisposable> large = _memory.TakeAsync(60, source.Token), small = _memory.TakeAsync(20, default);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        using IDisposable passed = await small;
        Assert.Equal(100, _memory.Held);
    }

    [Fact]
    public async Task What_alone_is_larger_than_the_limit_waits_until_nothing_is_held()
    {
        IDisposable first = await _memory.TakeAsync(1, default);
        Task<IDisposable> huge = _memory.TakeAsync(1_000, default);
        Assert.False(huge.IsCompleted);
        first.Dispose();
        (await huge).Dispose();
        Assert.Equal(0, _memory.Held);
    }
}
