using VitGrid.Server.Verbs;
using VitGrid.Server.Verbs.Models;
using VitGrid.Testing;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Verbs;

/// <summary>Models fetched by name, from a hub on loopback that speaks HTTP as the real one does.</summary>
public sealed class ModelsPullTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private PlayedHub _hub = null!;

    private ModelRoots Roots => VerbRun.Roots(_folder.Root, _folder.At("hub"));

    public async Task InitializeAsync()
    {
        _hub = await PlayedHub.StartAsync();
        _hub.With("org/tiny", [.. Directory.EnumerateFiles(GoldenFiles.Model("tiny-native")).Select(path => new PlayedFile(
            Path.GetFileName(path), File.ReadAllBytes(path), path.EndsWith(".safetensors", StringComparison.Ordinal)))]);
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_pulled_model_is_found_by_its_id_and_its_folder_is_printed()
    {
        VerbRun pulled = await RunAsync("models", "pull", "org/tiny");
        Assert.Equal(0, pulled.ExitCode);
        string snapshot = _folder.At("hub", "models--org--tiny", "snapshots", PlayedHub.Commit);
        Assert.Equal([snapshot], pulled.Lines);
        Assert.Equal(0, _hub.AskedFor("expected.safetensors"));
        VerbRun verified = await RunAsync("models", "verify", "org/tiny");
        Assert.True(verified.ExitCode == 0, verified.Error);
        Assert.Equal(new("tiny", snapshot, ModelOrigin.HubCache), new ModelLocator(Roots).Find("org/tiny"));
    }

    [Fact]
    public async Task What_is_no_id_is_wrong_usage_and_what_the_hub_lacks_is_told()
    {
        VerbRun wrong = await RunAsync("models", "pull", "tiny");
        Assert.Equal(64, wrong.ExitCode);
        Assert.Contains("'tiny' is not a model's id on the hub, such as ORG/NAME", wrong.Error, StringComparison.Ordinal);
        VerbRun absent = await RunAsync("models", "pull", "org/absent");
        Assert.Equal(1, absent.ExitCode);
        Assert.Contains("has no org/absent", absent.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("unexpected", absent.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_serving_only_models_of_the_hub_are_fetched_and_a_cached_one_does_without_it()
    {
        StringWriter said = new();
        HubModels models = new(Context(new(TextWriter.Null, said, () => Stream.Null, false, false)));
        await models.PullAsync(["internvit-nano", GoldenFiles.Model("tiny-native"), "org/tiny"], default);
        Assert.Equal(1, _hub.AskedFor("model.safetensors"));
        await _hub.DisposeAsync();
        await models.PullAsync(["org/tiny"], default);
        Assert.Contains("org/tiny is served as it lies in the cache: ", said.ToString(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<Hub.HubException>(() => models.PullAsync(["org/other"], default));
    }

    [Theory]
    [InlineData("--model", "org/tiny", "--pull")]
    [InlineData("--VitGrid:Models:0:Model=org/tiny", "--VitGrid:Models:0:Pull=true")]
    public async Task Serving_fetches_its_models_first(params string[] how)
    {
        // A port that is taken ends the start where it would begin to load.
        using System.Net.Sockets.TcpListener taken = new(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        VerbRun run = await RunAsync(["serve", .. how, "--urls", $"http://{taken.LocalEndpoint}"]);
        Assert.Contains("cannot be listened on", run.Error, StringComparison.Ordinal);
        Assert.Contains("org/tiny at 01234567: ", run.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.At("hub", "models--org--tiny", "snapshots", PlayedHub.Commit, "model.safetensors")));
    }

    [Fact]
    public void A_flag_pulls_what_is_named_and_a_setting_its_own_model()
    {
        Server.Hosting.Options.ServerOptions configured =
            new() { Models = [new() { Model = "org/a", Pull = true }, new() { Model = "org/b" }] };
        Assert.Equal(["org/a"], new GridFlags().Pulled(configured));
        Assert.Equal(["org/a", "org/b"], new GridFlags { Pull = true }.Pulled(configured));
        Assert.Equal(["org/c"], new GridFlags { Pull = true, Models = ["org/c"] }.Pulled(configured));
        Assert.Empty(new GridFlags { Models = ["org/c"] }.Pulled(configured));
    }

    private Task<VerbRun> RunAsync(params string[] arguments) => VerbRun.RunAsync(Context, [], false, default, arguments);

    private VerbContext Context(Terminal terminal) => new(terminal, Roots)
    {
        Variable = name => name == "HF_ENDPOINT" ? _hub.Endpoint.ToString() : null,
    };
}
