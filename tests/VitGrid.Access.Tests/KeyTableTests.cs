using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using VitGrid.Access.Audit;
using VitGrid.Access.Connections;
using VitGrid.Access.Keys;
using VitGrid.Access.Metering;

namespace VitGrid.Access.Tests;

public sealed class KeyTableTests
{
    [RedisFact]
    public async Task A_key_made_changed_and_revoked_in_Redis_is_told_to_who_listens()
    {
        using KeyRig rig = new();
        using RedisServer server = await RedisServer.StartAsync();
        await using AccessRedis redis = new(server.Address);
        KeyTable table = new(redis);
        using SemaphoreSlim told = new(0);
        await table.ListenAsync(() => told.Release());
        KeyAdministration keys = new(table, rig.Time);

        NewKey made = await keys.CreateAsync((id, hash) => new() { Id = id, Name = "one", Hash = hash }, default);
        await told.WaitAsync();
        Assert.Equal(made.Key.Hash, Assert.Single(await keys.ListAsync(default)).Hash);
        NewKey changed = await keys.RotateAsync("one", TimeSpan.Zero, default);
        await told.WaitAsync();
        Assert.Equal(changed.Key.Hash, Assert.Single(await keys.ListAsync(default)).Hash);
        Assert.False(await table.ReplaceAsync(made.Key, made.Key, default));
        await keys.RevokeAsync(made.Key.Id, default);
        await told.WaitAsync();
        Assert.Empty(await keys.ListAsync(default));
    }

    [RedisFact]
    public async Task A_name_is_taken_once_in_Redis_too()
    {
        using KeyRig rig = new();
        using RedisServer server = await RedisServer.StartAsync();
        await using AccessRedis redis = new(server.Address);
        KeyAdministration keys = new(new KeyTable(redis), rig.Time);
        await keys.CreateAsync((id, hash) => new() { Id = id, Name = "one", Hash = hash }, default);
        await Assert.ThrowsAsync<KeyStoreException>(
            () => keys.CreateAsync((id, hash) => new() { Id = id, Name = "one", Hash = hash }, default));
    }

    [RedisFact]
    public async Task What_was_administered_stands_in_the_stream_with_who_what_when_and_from_where()
    {
        using KeyRig rig = new();
        using RedisServer server = await RedisServer.StartAsync();
        await using AccessRedis redis = new(server.Address);
        await new AuditLog(redis, rig.Time, NullLoggerFactory.Instance).WriteAsync(new("ops (key-1)", "keys revoke", "one", "127.0.0.1"));
        await using ConnectionMultiplexer reader = await ConnectionMultiplexer.ConnectAsync(server.Address);
        StreamEntry entry = Assert.Single(await reader.GetDatabase().StreamRangeAsync("vg:auth:audit"));
        Assert.Equal(
            ["time=2026-11-29T12:00:00.0000000+00:00", "who=ops (key-1)", "what=keys revoke", "target=one", "from=127.0.0.1"],
            entry.Values.Select(field => $"{field.Name}={field.Value}"));
    }

    [RedisFact]
    public async Task A_Redis_that_is_away_is_named_without_its_password()
    {
        using RedisServer server = await RedisServer.StartAsync();
        await using AccessRedis redis = new($"{server.Address},password=hidden-word");
        server.Kill();
        KeyStoreException away = await Assert.ThrowsAsync<KeyStoreException>(() => new KeyTable(redis).ReadAsync(default));
        Assert.Contains(server.Address, away.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-word", away.Message, StringComparison.Ordinal);
    }

    /// <summary>The rights that docs/operations.md names are enough.</summary>
    [RedisTheory]
    [InlineData("")]
    [InlineData("north:")]
    public async Task A_user_with_the_documented_rights_may_do_all_that_is_done(string prefix)
    {
        using KeyRig rig = new();
        using RedisServer server = await RedisServer.StartAsync(
            ["--user", "app", "on", ">word", .. DocumentedRights.Of("~vg:auth:*", prefix)]);
        await using AccessRedis redis = new($"{server.Address},user=app,password=word", keyPrefix: prefix);
        KeyTable table = new(redis);
        using SemaphoreSlim told = new(0);
        await table.ListenAsync(() => told.Release());
        KeyAdministration keys = new(table, rig.Time);
        NewKey made = await keys.CreateAsync((id, hash) => new() { Id = id, Name = "one", Hash = hash }, default);
        await told.WaitAsync();
        await keys.RotateAsync("one", TimeSpan.Zero, default);
        await keys.RevokeAsync("one", default);

        SharedCounters counters = new(redis);
        KeyLimits limits = new() { RequestsPerDay = 9, ImagesUnderWay = 9 };
        Assert.Null((await counters.CountAsync(made.Key.Id, limits, new(1, 1, 1), 1)).Refusing);
        await counters.TellAsync(made.Key.Id, 2);
        await counters.TellAsync(made.Key.Id, 0);
        Limiter limiter = new(new(rig.Time), counters, rig.Time, NullLogger<Limiter>.Instance);
        using UsageMeter meter = new(redis, limiter, rig.Time, NullLogger<UsageMeter>.Instance);
        meter.Add(made.Key.Id, new(1, 1, 1));
        await meter.FlushAsync();
        var today = DateOnly.FromDateTime(rig.Time.GetUtcNow().UtcDateTime);
        Assert.Single(await UsageMeter.ReadAsync(redis, today, 1));
        await new AuditLog(redis, rig.Time, NullLoggerFactory.Instance).WriteAsync(new("a", "b", "c", "d"));
        await using ConnectionMultiplexer reader = await ConnectionMultiplexer.ConnectAsync(server.Address);
        Assert.Equal(1, await reader.GetDatabase().StreamLengthAsync($"{prefix}vg:auth:audit"));
    }
}
