using VitGrid.Server.Verbs;
using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Tests.Verbs;

public sealed class ModelLocatorTests : IDisposable
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_a_name_the_bundled_default_is_found()
    {
        LocatedModel model = new ModelLocator(VerbRun.Roots(_folder.Root)).Find(null);

        Assert.Equal(("internvit-nano", ModelOrigin.Bundled), (model.Name, model.Origin));
        Assert.True(File.Exists(Path.Combine(model.Directory, "config.json")));
    }

    [Fact]
    public void A_name_finds_an_imported_model()
    {
        _folder.Write("models/mine/config.json");

        LocatedModel model = new ModelLocator(VerbRun.Roots(_folder.Root)).Find("mine");

        Assert.Equal(new("mine", _folder.At("models", "mine"), ModelOrigin.Imported), model);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/.")]
    public void A_folder_is_named_after_itself(string ending)
    {
        _folder.Write("checkpoints/InternViT-300M/config.json");

        LocatedModel model = new ModelLocator(VerbRun.Roots(_folder.Root)).Find(_folder.At("checkpoints", "InternViT-300M") + ending);

        Assert.Equal(new("InternViT-300M", _folder.At("checkpoints", "InternViT-300M"), ModelOrigin.Folder), model);
    }

    [Fact]
    public void A_hub_id_finds_the_snapshot_its_main_branch_points_to()
    {
        _folder.Write("hub/models--OpenGVLab--InternViT-300M-448px/refs/main", Commit + "\n");
        string snapshot = Path.GetDirectoryName(
            _folder.Write($"hub/models--OpenGVLab--InternViT-300M-448px/snapshots/{Commit}/config.json"))!;

        LocatedModel model = new ModelLocator(VerbRun.Roots(_folder.Root, _folder.At("absent"), _folder.At("hub"))).Find(
            "OpenGVLab/InternViT-300M-448px");

        Assert.Equal(new("InternViT-300M-448px", snapshot, ModelOrigin.HubCache), model);
    }

    [Fact]
    public void A_hub_id_may_name_a_commit()
    {
        string snapshot = Path.GetDirectoryName(_folder.Write($"hub/models--org--m/snapshots/{Commit}/config.json"))!;

        Assert.Equal(snapshot, new ModelLocator(VerbRun.Roots(_folder.Root, _folder.At("hub"))).Find($"org/m@{Commit}").Directory);
    }

    [Fact]
    public void A_hub_id_that_is_not_cached_says_where_it_looked_and_how_to_fetch_it()
    {
        ModelLocator locator = new(VerbRun.Roots(_folder.Root, _folder.At("hub")));

        string message = Assert.Throws<VerbException>(() => locator.Find("OpenGVLab/InternViT-6B-448px-V2_5")).Message;

        Assert.Contains(_folder.At("hub"), message, StringComparison.Ordinal);
        Assert.Contains("hf download OpenGVLab/InternViT-6B-448px-V2_5", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("org/..")]
    [InlineData("a/b/../c")]
    [InlineData("a//b")]
    [InlineData("org/m@../../x")]
    [InlineData("models--org--..")]
    [InlineData("https://huggingface.co/org/../m")]
    [InlineData("https://huggingface.co/org/m/tree/main/%2e%2e/x")]
    [InlineData("https://huggingface.co/org/m/discussions/3")]
    [InlineData("https://example.com/org/m")]
    public void A_path_in_disguise_is_no_hub_id(string text) => Assert.False(HubId.TryParse(text, out _));

    [Fact]
    public void A_reference_that_leaves_the_cache_is_not_followed()
    {
        _folder.Write("hub/models--org--m/refs/main", "../../../secret");
        _folder.Write("secret/config.json");
        Directory.CreateDirectory(_folder.At("hub", "models--org--m", "snapshots"));

        Assert.Throws<VerbException>(() => new ModelLocator(VerbRun.Roots(_folder.Root, _folder.At("hub"))).Find("org/m"));
    }

    [Fact]
    public void The_hub_caches_older_and_system_wide_variables_are_read_too()
    {
        Dictionary<string, string?> environment = new()
        {
            ["HUGGINGFACE_HUB_CACHE"] = "~/old", ["HF_HOME"] = "/hf", ["XDG_CACHE_HOME"] = "/xdg",
        };
        string profile = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

        ModelRoots roots = ModelRoots.FromEnvironment("/opt/vitgrid", name => environment.GetValueOrDefault(name));

        Assert.Equal([Path.Combine(profile, "old"), "/hf/hub", "/xdg/huggingface/hub"], roots.HubCaches.Take(3));
    }

    [Fact]
    public void The_environment_decides_where_models_lie()
    {
        Dictionary<string, string?> environment =
            new() { ["VITGRID_HOME"] = "/srv/vitgrid", ["HF_HUB_CACHE"] = "/cache/hub", ["HF_HOME"] = "/hf" };

        ModelRoots roots = ModelRoots.FromEnvironment("/opt/vitgrid", name => environment.GetValueOrDefault(name));

        Assert.Equal(Path.GetFullPath("/srv/vitgrid/models"), roots.Imported);
        Assert.Equal(Path.Combine("/opt/vitgrid", "models"), roots.Bundled);
        Assert.Equal([Path.GetFullPath("/cache/hub"), Path.GetFullPath("/hf/hub")], roots.HubCaches.Take(2));
        Assert.EndsWith(Path.Combine(".cache", "huggingface", "hub"), roots.HubCaches[2], StringComparison.Ordinal);
    }
}
