using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Access.Keys;
using VitGrid.Access.Options;

namespace VitGrid.Access.Tests;

public sealed class KeyWatchTests
{
    private static readonly AuthOptions Options = new() { OutageSeconds = 60 };

    [Fact]
    public async Task A_key_that_was_just_made_is_known_at_its_first_use()
    {
        using KeyRig rig = new();
        (PlayedStore store, KeyWatch watch, NewKey key) = await WatchAsync(rig);
        store.Keys = [key.Key];
        Task<KeyAnswer> first = watch.FindAsync(KeyRig.HashOf(key)).AsTask();
        await rig.PassAsync(first);
        Assert.Equal(key.Key, (await first).Key);
    }

    [Fact]
    public async Task A_reading_that_began_before_a_key_was_made_does_not_say_that_there_is_none()
    {
        using KeyRig rig = new();
        (PlayedStore store, KeyWatch watch, NewKey key) = await WatchAsync(rig);
        store.Hold();
        Task before = watch.RefreshAsync();
        await store.Asked;
        store.Keys = [key.Key];
        Task<KeyAnswer> first = watch.FindAsync(KeyRig.HashOf(key)).AsTask();
        store.LetGo();
        await before;
        await rig.PassAsync(first);
        Assert.Equal(key.Key, (await first).Key);
    }

    [Fact]
    public async Task A_flood_of_wrong_keys_waits_for_one_reading_and_not_each_for_its_own()
    {
        using KeyRig rig = new();
        (PlayedStore store, KeyWatch watch, _) = await WatchAsync(rig);
        int before = store.Readings;
        Task<KeyAnswer[]> flood = Task.WhenAll(
            Enumerable.Range(0, 1_000).Select(i => watch.FindAsync(new((ulong)i, 0, 0, 0)).AsTask()));
        Assert.Equal(before, store.Readings);
        await rig.PassAsync(flood);
        Assert.All(await flood, answer => Assert.Equal(new(null, IsUncertain: false), answer));
        Assert.Equal(before + 1, store.Readings);
    }

    [Fact]
    public async Task A_revoked_key_is_gone_with_the_next_reading()
    {
        using KeyRig rig = new();
        (PlayedStore store, KeyWatch watch, NewKey key) = await WatchAsync(rig, known: true);
        Assert.NotNull((await watch.FindAsync(KeyRig.HashOf(key))).Key);
        store.Keys = [];
        await watch.RefreshAsync();
        Task<KeyAnswer> gone = watch.FindAsync(KeyRig.HashOf(key)).AsTask();
        await rig.PassAsync(gone);
        Assert.Equal(new(null, IsUncertain: false), await gone);
    }

    [Fact]
    public async Task While_the_store_is_away_known_keys_go_on_for_the_stated_time_and_others_are_uncertain()
    {
        using KeyRig rig = new();
        (PlayedStore store, KeyWatch watch, NewKey key) = await WatchAsync(rig, known: true);
        store.IsAway = true;
        rig.Time.Advance(TimeSpan.FromSeconds(60));
        await watch.RefreshAsync();
        Assert.NotNull((await watch.FindAsync(KeyRig.HashOf(key))).Key);
        Assert.Equal(new(null, IsUncertain: true), await watch.FindAsync(new(1, 2, 3, 4)));
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new(null, IsUncertain: true), await watch.FindAsync(KeyRig.HashOf(key)));
        store.IsAway = false;
        await watch.RefreshAsync();
        Assert.NotNull((await watch.FindAsync(KeyRig.HashOf(key))).Key);
    }

    private static async Task<(PlayedStore Store, KeyWatch Watch, NewKey Key)> WatchAsync(KeyRig rig, bool known = false)
    {
        NewKey key = await rig.CreateAsync("one");
        PlayedStore store = new() { Keys = known ? [key.Key] : [] };
        KeyWatch watch = new(store, Options, rig.Time, NullLogger<KeyWatch>.Instance);
        await watch.RefreshAsync();
        return (store, watch, key);
    }
}
