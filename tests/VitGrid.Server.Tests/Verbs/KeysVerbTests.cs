using System.Text.Json;
using VitGrid.Access.Keys;

namespace VitGrid.Server.Tests.Verbs;

public sealed class KeysVerbTests
{
    [Fact]
    public async Task A_key_is_made_without_a_server_and_stands_alone_on_stdout()
    {
        using TemporaryFolder folder = new();
        VerbRun run = await VerbRun.RunAsync("keys", "create", "one", "--file", folder.At("keys.json"));
        Assert.Equal(0, run.ExitCode);
        Assert.True(KeyHash.TryFrom(Assert.Single(run.Lines), out KeyHash hash));
        Assert.Contains("key one (key-", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(run.Lines[0], run.Error, StringComparison.Ordinal);
        string text = await File.ReadAllTextAsync(folder.At("keys.json"));
        Assert.Contains(hash.ToString(), text, StringComparison.Ordinal);
        Assert.DoesNotContain(run.Lines[0], text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_listed_without_their_hashes_rotated_and_revoked()
    {
        using TemporaryFolder folder = new();
        string file = folder.At("keys.json");
        VerbRun made = await VerbRun.RunAsync(
            "keys", "create", "nightly", "--scopes", "files,batches", "--models", "a,b", "--lanes", "bulk", "--limit", "images/day=1000",
            "--file", file);
        JsonElement listed = JsonDocument.Parse(Assert.Single((await VerbRun.RunAsync("keys", "list", "--file", file)).Lines)).RootElement;
        Assert.Equal(
            ("nightly", "files, batches", """["a","b"]""", "bulk", "images/day=1000"),
            (listed.GetProperty("name").GetString(), listed.GetProperty("scopes").GetString(), listed.GetProperty("models").GetRawText(),
                listed.GetProperty("lanes").GetString(), listed.GetProperty("limits").GetString()));
        Assert.True(KeyHash.TryFrom(made.Lines[0], out KeyHash hash));
        Assert.DoesNotContain(hash.ToString(), listed.GetRawText(), StringComparison.Ordinal);

        VerbRun rotated = await VerbRun.RunAsync("keys", "rotate", "nightly", "--file", file);
        Assert.NotEqual(made.Lines[0], Assert.Single(rotated.Lines));
        Assert.Contains("refused from now on", rotated.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await VerbRun.RunAsync("keys", "revoke", "nightly", "--file", file)).ExitCode);
        Assert.Empty((await VerbRun.RunAsync("keys", "list", "--file", file)).Lines);
    }

    [Theory]
    [InlineData(64, "no name of a key", "create", "a b")]
    [InlineData(64, "'paint' is no scope", "create", "a", "--scopes", "paint")]
    [InlineData(64, "'slow' is no lane", "create", "a", "--lanes", "slow")]
    [InlineData(64, "'images/hour=3' is no limit", "create", "a", "--limit", "images/hour=3")]
    [InlineData(64, "counted in Redis", "usage")]
    [InlineData(1, "there is no file of keys", "list")]
    [InlineData(1, "there is no file of keys", "revoke", "a")]
    public async Task What_cannot_be_is_refused_with_the_remedy(int code, string words, params string[] arguments)
    {
        using TemporaryFolder folder = new();
        VerbRun run = await VerbRun.RunAsync(["keys", .. arguments, "--file", folder.At("keys.json")]);
        Assert.Equal(code, run.ExitCode);
        Assert.Contains(words, run.Error, StringComparison.Ordinal);
        Assert.Empty(folder.Remaining());
    }

    [Fact]
    public async Task A_name_that_is_taken_is_refused()
    {
        using TemporaryFolder folder = new();
        await VerbRun.RunAsync("keys", "create", "one", "--file", folder.At("keys.json"));
        VerbRun again = await VerbRun.RunAsync("keys", "create", "one", "--file", folder.At("keys.json"));
        Assert.Equal((1, ""), (again.ExitCode, again.Out));
        Assert.Contains("has a key 'one' already", again.Error, StringComparison.Ordinal);
    }
}
