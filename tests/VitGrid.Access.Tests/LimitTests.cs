using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Access.Connections;
using VitGrid.Access.Keys;
using VitGrid.Access.Metering;

namespace VitGrid.Access.Tests;

public sealed class LimitTests
{
    private static readonly Usage One = new(1, 0, 0);

    [Fact]
    public void Of_a_minute_and_a_day_the_one_with_less_left_is_told()
    {
        KeyLimits limits = new() { RequestsPerMinute = 10, RequestsPerDay = 100 };
        LimitState early = Assert.Single(LimitVerdict.From(limits, new(0, new(3, 0, 0), new(20, 0, 0), 0), One).States);
        LimitState late = Assert.Single(LimitVerdict.From(limits, new(0, new(3, 0, 0), new(97, 0, 0), 0), One).States);
        Assert.Equal(("requests", 10, 6, TimeSpan.FromMinutes(1)), (early.What, early.Limit, early.Remaining, early.Reset));
        Assert.Equal(("requests", 100, 2, TimeSpan.FromDays(1)), (late.What, late.Limit, late.Remaining, late.Reset));
    }

    [Fact]
    public void A_limit_is_reached_exactly_and_then_refuses_until_the_minute_ends()
    {
        KeyLimits limits = new() { ImagesPerMinute = 10 };
        Assert.Null(LimitVerdict.From(limits, new(45, new(0, 7, 0), default, 0), new(0, 3, 0)).Refusing);
        LimitState refusing = LimitVerdict.From(limits, new(45, new(0, 7, 0), default, 0), new(0, 4, 0)).Refusing!.Value;
        Assert.Equal(("images", 3, TimeSpan.FromSeconds(15)), (refusing.What, refusing.Remaining, refusing.Reset));
    }

    [Fact]
    public void What_is_refused_does_not_count_and_the_next_minute_begins_anew()
    {
        using KeyRig rig = new();
        LocalCounters counters = new(rig.Time);
        KeyLimits limits = new() { RequestsPerMinute = 2 };
        bool[] refused = [.. Enumerable.Range(0, 5).Select(_ => counters.Count("a", limits, One, 0).Refusing is not null)];
        Assert.Equal([false, false, true, true, true], refused);
        Assert.Null(counters.Count("b", limits, One, 0).Refusing);
        rig.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(counters.Count("a", limits, One, 0).Refusing);
    }

    [Fact]
    public async Task What_is_computed_later_counts_in_the_day_and_in_no_minute()
    {
        using KeyRig rig = new();
        await AssertLaterAsync(new(new(rig.Time), null, rig.Time, NullLogger<Limiter>.Instance));
    }

    [RedisFact]
    public async Task What_is_computed_later_counts_in_the_day_of_all_front_ends_and_in_no_minute()
    {
        using KeyRig rig = new();
        using RedisServer server = await RedisServer.StartAsync();
        await using AccessRedis redis = new(server.Address);
        await AssertLaterAsync(LimiterOf(rig, redis));
    }

    [Fact]
    public async Task Images_under_way_are_let_in_again_when_earlier_ones_leave()
    {
        using KeyRig rig = new();
        Limiter limiter = new(new(rig.Time), null, rig.Time, NullLogger<Limiter>.Instance);
        KeyLimits limits = new() { ImagesUnderWay = 8 };
        Assert.Null((await limiter.EnterAsync("a", limits, 5)).Refusing);
        Assert.Equal("under way", (await limiter.EnterAsync("a", limits, 4)).Refusing?.Per);
        Assert.Null((await limiter.EnterAsync("a", limits, 3)).Refusing);
        limiter.Leave("a", limits, 5);
        Assert.Null((await limiter.EnterAsync("a", limits, 5)).Refusing);
    }

    [RedisFact]
    public async Task Limits_hold_over_two_front_ends_that_share_Redis()
    {
        using KeyRig rig = new();
        using RedisServer server = await RedisServer.StartAsync();
        await using AccessRedis one = new(server.Address), other = new(server.Address);
        Limiter[] limiters = [LimiterOf(rig, one), LimiterOf(rig, other)];
        KeyLimits limits = new() { RequestsPerDay = 4 };
        List<bool> refused = [];
        for (int i = 0; i < 6; i++)
            refused.Add((await limiters[i % 2].CountAsync("a", limits, One)).Refusing is not null);
        Assert.Equal([false, false, false, false, true, true], refused);
    }

    [RedisFact]
    public async Task Images_under_way_count_over_two_front_ends_that_share_Redis()
    {
        using KeyRig rig = new();
        using RedisServer server = await RedisServer.StartAsync();
        await using AccessRedis one = new(server.Address), other = new(server.Address);
        Limiter first = LimiterOf(rig, one), second = LimiterOf(rig, other);
        KeyLimits limits = new() { ImagesUnderWay = 8 };
        Assert.Null((await first.EnterAsync("a", limits, 5)).Refusing);
        Assert.NotNull((await second.EnterAsync("a", limits, 5)).Refusing);
        Assert.Null((await second.EnterAsync("a", limits, 3)).Refusing);
        first.Leave("a", limits, 5);
        // The word of it is sent, and commands of one connection are answered in order.
        Assert.Null((await first.EnterAsync("a", limits, 1)).Refusing);
        Assert.Null((await second.EnterAsync("a", limits, 4)).Refusing);
    }

    [RedisFact]
    public async Task A_front_end_whose_Redis_dies_goes_on_counting_where_it_was()
    {
        using KeyRig rig = new();
        using RedisServer server = await RedisServer.StartAsync();
        await using AccessRedis redis = new(server.Address);
        Limiter limiter = LimiterOf(rig, redis);
        KeyLimits limits = new() { RequestsPerDay = 3 };
        // Redis counts by its own clock, this process by the test's: both are within one day.
        Assert.Null((await limiter.CountAsync("a", limits, One)).Refusing);
        Assert.Null((await limiter.CountAsync("a", limits, One)).Refusing);
        server.Kill();
        Assert.Null((await limiter.CountAsync("a", limits, One)).Refusing);
        Assert.NotNull((await limiter.CountAsync("a", limits, One)).Refusing);
    }

    [RedisFact]
    public async Task What_was_used_is_added_up_by_key_and_day()
    {
        using KeyRig rig = new();
        using RedisServer server = await RedisServer.StartAsync();
        await using AccessRedis redis = new(server.Address);
        using UsageMeter meter = new(redis, LimiterOf(rig, redis), rig.Time, NullLogger<UsageMeter>.Instance);
        meter.Add("key-a", new(1, 0, 100));
        meter.Add("key-a", new(0, 3, 0));
        meter.Add("key-b", new(1, 0, 7));
        await meter.FlushAsync();
        meter.Add("key-a", new(1, 1, 1));
        await meter.FlushAsync();
        DateOnly today = DateOnly.FromDateTime(rig.Time.GetUtcNow().UtcDateTime);
        Assert.Equal(
            [(today, "key-a", new Usage(2, 4, 101)), (today, "key-b", new Usage(1, 0, 7))], await UsageMeter.ReadAsync(redis, today, 2));
    }

    private static async Task AssertLaterAsync(Limiter limiter)
    {
        KeyLimits limits = new() { ImagesPerMinute = 4, ImagesPerDay = 10 };
        Assert.Null((await limiter.CountLaterAsync("a", limits.ImagesPerDay, 7)).Refusing);
        Assert.Equal(("a day", 3), (await limiter.CountLaterAsync("a", limits.ImagesPerDay, 4)).Refusing is { } full
            ? (full.Per, full.Remaining) : default);
        Assert.Null((await limiter.CountAsync("a", limits, new(0, 3, 0))).Refusing);
        Assert.NotNull((await limiter.CountLaterAsync("a", limits.ImagesPerDay, 1)).Refusing);
        Assert.Null((await limiter.CountLaterAsync("a", 0, 1_000)).Refusing);
    }

    private static Limiter LimiterOf(KeyRig rig, AccessRedis redis) =>
        new(new(rig.Time), new(redis), rig.Time, NullLogger<Limiter>.Instance);
}
