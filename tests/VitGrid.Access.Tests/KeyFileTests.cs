using VitGrid.Access.Keys;

namespace VitGrid.Access.Tests;

public sealed class KeyFileTests
{
    [Fact]
    public async Task A_key_is_192_random_bits_and_only_its_hash_is_kept()
    {
        using KeyRig rig = new();
        NewKey key = await rig.CreateAsync("one");
        Assert.Matches("^vg_[A-Za-z0-9_-]{32}$", key.Secret);
        Assert.DoesNotContain(key.Secret, rig.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Secret[3..11], rig.Text, StringComparison.Ordinal);
        Assert.Contains(KeyRig.HashOf(key).ToString(), rig.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Secret, key.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_is_for_its_owner_alone_and_nothing_partial_is_left_beside_it()
    {
        using KeyRig rig = new();
        await rig.CreateAsync("one");
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(rig.Store.Place));
        Assert.Equal(["keys.json", "keys.json.lock"], Directory.GetFiles(Path.GetDirectoryName(rig.Store.Place)!).Select(
            file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Of_many_writers_at_once_each_is_heard()
    {
        using KeyRig rig = new();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Task.Run(() => rig.CreateAsync($"key-{number}"))));
        Assert.Equal(20, (await rig.Administration.ListAsync(default)).Count);
    }

    [Fact]
    public async Task A_file_that_another_program_wrote_need_not_name_models_and_limits()
    {
        using KeyRig rig = new();
        string hash = new('a', 64);
        Directory.CreateDirectory(Path.GetDirectoryName(rig.Store.Place)!);
        await File.WriteAllTextAsync(
            rig.Store.Place, $$"""{"keys":[{"id":"key_1","name":"first","hash":"{{hash}}","scopes":"Admin","lanes":"All"}]}""");
        ApiKey read = Assert.Single(await rig.Administration.ListAsync(default));
        Assert.Empty(read.Models);
        Assert.Equal(KeyLimits.None, read.Limits);
        Assert.Equal((Scopes.Admin, KeyLanes.All), (read.Scopes, read.Lanes));
    }

    [Fact]
    public async Task What_a_key_may_do_is_read_as_it_was_written()
    {
        using KeyRig rig = new();
        NewKey made = await rig.Administration.CreateAsync(
            (id, hash) => new()
            {
                Id = id,
                Name = "all",
                Hash = hash,
                Scopes = Scopes.Embed | Scopes.Metrics,
                Models = ["a", "b"],
                Lanes = KeyLanes.Bulk,
                Limits = LimitWords.Parse("requests/minute=60,bytes/day=5000000000,images/once=8"),
            },
            default);
        ApiKey read = Assert.Single(await rig.Administration.ListAsync(default));
        Assert.Equal(made.Key with { Models = [] }, read with { Models = [] });
        Assert.Equal(made.Key.Models, read.Models);
        Assert.Equal("requests/minute=60, bytes/day=5000000000, images/once=8", LimitWords.Format(read.Limits));
    }

    [Fact]
    public async Task A_name_is_taken_once_and_free_again_when_its_key_is_revoked()
    {
        using KeyRig rig = new();
        await rig.CreateAsync("one");
        KeyStoreException taken = await Assert.ThrowsAsync<KeyStoreException>(() => rig.CreateAsync("one"));
        Assert.Contains("has a key 'one' already", taken.Message, StringComparison.Ordinal);
        await rig.Administration.RevokeAsync("one", default);
        await rig.CreateAsync("one");
    }

    [Fact]
    public async Task A_rotated_key_keeps_its_id_and_its_old_secret_only_for_the_overlap()
    {
        using KeyRig rig = new();
        NewKey old = await rig.CreateAsync("one"), changed = await rig.Administration.RotateAsync("one", TimeSpan.FromMinutes(5), default);
        var ring = KeyRing.From(await rig.Administration.ListAsync(default));
        Assert.Equal(old.Key.Id, ring.Find(KeyRig.HashOf(changed), rig.Time.GetUtcNow())?.Id);
        Assert.Equal(old.Key.Id, ring.Find(KeyRig.HashOf(old), rig.Time.GetUtcNow())?.Id);
        rig.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(ring.Find(KeyRig.HashOf(old), rig.Time.GetUtcNow()));
    }

    [Theory]
    [InlineData("nothing of JSON")]
    [InlineData("{}")]
    [InlineData("""{"keys":[{"id":"k","name":"n","hash":"12"}]}""")]
    [InlineData("""{"keys":[{"id":"k","name":"n","hash":"00","scopes":"Everything"}]}""")]
    public async Task A_file_that_holds_something_else_is_refused_by_name(string text)
    {
        using KeyRig rig = new();
        Directory.CreateDirectory(Path.GetDirectoryName(rig.Store.Place)!);
        await File.WriteAllTextAsync(rig.Store.Place, text);
        KeyStoreException refused = await Assert.ThrowsAsync<KeyStoreException>(() => rig.Store.ReadAsync(default));
        Assert.Contains(rig.Store.Place, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_is_given_for_a_name_is_not_told_back()
    {
        using KeyRig rig = new();
        NewKey key = await rig.CreateAsync("one");
        KeyStoreException refused = await Assert.ThrowsAsync<KeyStoreException>(() => rig.Administration.FindAsync(key.Secret, default));
        Assert.DoesNotContain(key.Secret, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("embed,metrics", Scopes.Embed | Scopes.Metrics)]
    [InlineData("files batches", Scopes.Files | Scopes.Batches)]
    [InlineData("admin", Scopes.Admin)]
    public void Scopes_are_words(string text, Scopes scopes)
    {
        Assert.Equal(scopes, AccessWords.ParseScopes(text));
        Assert.Equal(scopes, AccessWords.ParseScopes(AccessWords.Format(scopes)));
    }

    [Theory]
    [InlineData("requests=1")]
    [InlineData("requests/minute=0")]
    [InlineData("requests/minute=-1")]
    [InlineData("requests/minute=many")]
    [InlineData("images/hour=3")]
    public void What_is_no_limit_is_refused_with_those_there_are(string text) => Assert.Contains(
        "images/once", Assert.Throws<FormatException>(() => LimitWords.Parse(text)).Message, StringComparison.Ordinal);
}
