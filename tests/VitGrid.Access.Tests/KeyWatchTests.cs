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
        Assert.Null((await watch.FindAsync(KeyRig.HashOf(key))).Key);
        store.Keys = [key.Key];
        rig.Time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal(key.Key, (await watch.FindAsync(KeyRig.HashOf(key))).Key);
    }

    [Fact]
    public async Task A_flood_of_wrong_keys_does_not_read_the_store_each_time()
    {
        using KeyRig rig = new();
        (PlayedStore store, KeyWatch watch, _) = await WatchAsync(rig);
        int before = store.Readings;
        for (int i = 0; i < 1_000; i++)
            await watch.FindAsync(new((ulong)i, 0, 0, 0));
        Assert.Equal(before, store.Readings);
    }

    [Fact]
    public async Task A_revoked_key_is_gone_with_the_next_reading()
    {
        using KeyRig rig = new();
        (PlayedStore store, KeyWatch watch, NewKey key) = await WatchAsync(rig, known: true);
        Assert.NotNull((await watch.FindAsync(KeyRig.HashOf(key))).Key);
        store.Keys = [];
        await watch.RefreshAsync();
        Assert.Equal(new(null, IsUncertain: false), await watch.FindAsync(KeyRig.HashOf(key)));
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
