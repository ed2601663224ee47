using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.Server.Verbs;
using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Tests.Verbs;

/// <summary>Models as people who use the hub name them, and caches as they lie on disks.</summary>
public sealed class HubHabitTests : IDisposable
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";
    private const string Other = "0124cccccccccccccccccccccccccccccccccccc";
    private const string Cached = "hub/models--timm--vit_intern300m_patch14_448.ogvl_dist";

    private static readonly string[] Chunks =
        ["a", "..", ".", "/", "@", "models--", "hf-hub:", "https://hf.co/", "tree/", "%2e", "%2F", "~", "\\", ""];

    private readonly TemporaryFolder _folder = new();

    private ModelLocator Locator => new(VerbRun.Roots(_folder.Root, _folder.At("hub")));

    private string Snapshot => _folder.At(Cached, "snapshots", Commit);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("timm/vit_intern300m_patch14_448.ogvl_dist")]
    [InlineData("hf-hub:timm/vit_intern300m_patch14_448.ogvl_dist")]
    [InlineData("hf_hub:timm/vit_intern300m_patch14_448.ogvl_dist")]
    [InlineData("hf://timm/vit_intern300m_patch14_448.ogvl_dist")]
    [InlineData("models--timm--vit_intern300m_patch14_448.ogvl_dist")]
    [InlineData("https://huggingface.co/timm/vit_intern300m_patch14_448.ogvl_dist")]
    [InlineData("https://huggingface.co/timm/vit_intern300m_patch14_448.ogvl_dist/")]
    [InlineData("https://huggingface.co/timm/vit_intern300m_patch14_448.ogvl_dist?library=timm#usage")]
    [InlineData("https://huggingface.co/timm/vit_intern300m_patch14_448.ogvl_dist.git")]
    [InlineData("http://hf.co/timm/vit_intern300m_patch14_448.ogvl_dist")]
    [InlineData("huggingface.co/timm/vit_intern300m_patch14_448.ogvl_dist")]
    [InlineData("https://huggingface.co/timm/vit_intern300m_patch14_448.ogvl_dist/tree/main")]
    [InlineData("https://huggingface.co/timm/vit_intern300m_patch14_448.ogvl_dist/blob/main/model.safetensors")]
    [InlineData("https://huggingface.co/timm/vit_intern300m_patch14_448.ogvl_dist/resolve/main/model.safetensors?download=true")]
    public void However_a_hub_id_is_written_it_finds_the_cached_model(string written)
    {
        Cache();

        Assert.Equal(new("vit_intern300m_patch14_448.ogvl_dist", Snapshot, ModelOrigin.HubCache), Locator.Find(written));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/snapshots")]
    [InlineData("/snapshots/" + Commit)]
    [InlineData("/snapshots/" + Commit + "/")]
    [InlineData("/snapshots/" + Commit + "/config.json")]
    [InlineData("/snapshots/" + Commit + "/model.safetensors")]
    public void A_path_into_the_cache_is_named_after_the_repository_and_not_after_a_hash(string below)
    {
        Cache();

        Assert.Equal(new("vit_intern300m_patch14_448.ogvl_dist", Snapshot, ModelOrigin.HubCache), Locator.Find(_folder.At(Cached) + below));
    }

    [Theory]
    [InlineData("org/m")]
    [InlineData("org/m@0123")]
    [InlineData("org/m@0123456")]
    [InlineData("org/m@0123456789ABCDEF0123456789ABCDEF01234567")]
    [InlineData("https://huggingface.co/org/m/tree/0123456")]
    public void A_cache_without_main_gives_its_only_snapshot_and_short_hashes_name_one(string written)
    {
        _folder.Write($"hub/models--org--m/snapshots/{Commit}/config.json");

        Assert.Equal(new("m", _folder.At("hub/models--org--m/snapshots", Commit), ModelOrigin.HubCache), Locator.Find(written));
    }

    [Theory]
    [InlineData("org/m", "revision main is not in")]
    [InlineData("org/m@012", "revision 012 is not in")]
    [InlineData("org/m@ffff", "hf download org/m --revision ffff")]
    [InlineData("org/m@01234", null)]
    public void Where_several_snapshots_could_be_meant_they_are_listed(string written, string? refused)
    {
        _folder.Write($"hub/models--org--m/snapshots/{Commit}/config.json");
        _folder.Write($"hub/models--org--m/snapshots/{Other}/config.json");

        if (refused is null)
        {
            Assert.EndsWith(Commit, Locator.Find(written).Directory, StringComparison.Ordinal);
            return;
        }
        string message = Assert.Throws<VerbException>(() => Locator.Find(written)).Message;
        Assert.Contains(refused, message, StringComparison.Ordinal);
        Assert.Contains($"{Commit}, {Other}", message, StringComparison.Ordinal);
        Assert.Contains($"name one, as org/m@{Commit}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_branch_that_points_to_a_snapshot_that_is_not_there_does_not_mean_another_one()
    {
        _folder.Write("hub/models--org--m/refs/main", Other);
        _folder.Write($"hub/models--org--m/snapshots/{Commit}/config.json");

        string message = Assert.Throws<VerbException>(() => Locator.Find("org/m")).Message;
        Assert.Contains("revision main is not in", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("org/m/vlm")]
    [InlineData("org/m/vlm@main")]
    [InlineData("org/m@main/vlm")]
    [InlineData("hf-hub:org/m/vlm")]
    [InlineData("hf://org/m@main/vlm")]
    [InlineData("https://huggingface.co/org/m/tree/main/vlm")]
    [InlineData("https://huggingface.co/org/m/blob/main/vlm/config.json")]
    public void A_folder_inside_a_repository_is_found_and_named_after_the_repository(string written)
    {
        _folder.Write("hub/models--org--m/refs/main", Commit);
        _folder.Write($"hub/models--org--m/snapshots/{Commit}/vlm/config.json");

        Assert.Equal(new("m", _folder.At("hub/models--org--m/snapshots", Commit, "vlm"), ModelOrigin.HubCache), Locator.Find(written));
    }

    [Theory]
    [InlineData("org/m", "its folders text, vlm do")]
    [InlineData("org/m/vision", "no folder 'vision'")]
    public void Where_the_folder_is_missing_or_wrong_those_that_are_there_are_named(string written, string expected)
    {
        _folder.Write("hub/models--org--m/refs/main", Commit);
        _folder.Write($"hub/models--org--m/snapshots/{Commit}/vlm/config.json");
        _folder.Write($"hub/models--org--m/snapshots/{Commit}/text/config.json");

        string message = Assert.Throws<VerbException>(() => Locator.Find(written)).Message;

        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("vlm", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_cache_that_holds_the_revision_is_taken_and_not_the_first_that_holds_another()
    {
        _folder.Write($"old/models--org--m/snapshots/{Other}/config.json");
        _folder.Write($"hub/models--org--m/snapshots/{Commit}/config.json");

        ModelLocator locator = new(VerbRun.Roots(_folder.Root, _folder.At("old"), _folder.At("hub")));

        Assert.Equal(_folder.At("hub/models--org--m/snapshots", Commit), locator.Find($"org/m@{Commit[..8]}").Directory);
    }

    [Fact]
    public void A_pull_requests_revision_has_slashes_of_its_own()
    {
        _folder.Write("hub/models--org--m/refs/refs/pr/3", Commit);
        _folder.Write($"hub/models--org--m/snapshots/{Commit}/config.json");

        Assert.Equal(Commit, Path.GetFileName(Locator.Find("org/m@refs/pr/3").Directory));
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("config.json")]
    [InlineData("model.safetensors.index.json")]
    public void A_checkpoints_file_means_its_folder(string file)
    {
        _folder.Write("mine/config.json");
        _folder.Write($"mine/{file}");

        Assert.Equal(new("mine", _folder.At("mine"), ModelOrigin.Folder), Locator.Find(_folder.At("mine", file)));
    }

    [Theory]
    [InlineData("mmproj-f16.gguf", "is GGUF, which is not read")]
    [InlineData("adapter.safetensors", "not among the weights")]
    [InlineData("pytorch_model.bin", "neither a checkpoint's folder nor")]
    public void A_file_that_would_not_be_read_is_refused_and_not_silently_replaced_by_its_folders_weights(string file, string expected)
    {
        _folder.Write("mine/config.json");
        _folder.Write("mine/model.safetensors");
        _folder.Write($"mine/{file}");

        string message = Assert.Throws<VerbException>(() => Locator.Find(_folder.At("mine", file))).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_called_like_a_caches_that_is_a_checkpoint_itself_is_one()
    {
        _folder.Write("models--org--m/config.json");

        Assert.Equal(new("m", _folder.At("models--org--m"), ModelOrigin.Folder), Locator.Find(_folder.At("models--org--m")));
    }

    [Property(MaxTest = 100)]
    public Property Every_way_to_write_an_id_reads_as_the_same_id() =>
        Prop.ForAll(Written().ToArbitrary(), written =>
        {
            Assert.True(HubId.TryParse(written.Text, out HubId? id), written.Text);
            Assert.Equal(written.Id, id);
        });

    [Property(MaxTest = 300)]
    public Property Whatever_is_read_as_an_id_stays_inside_the_cache() =>
        Prop.ForAll(Gen.Elements(Chunks).ListOf().ToArbitrary(), parts =>
        {
            if (!HubId.TryParse(string.Concat(parts), out HubId? id))
                return;
            string[] all = [id.CacheFolder, .. id.Revision.Split('/'), .. id.Folder.Split('/')];
            Assert.DoesNotContain(all, part => part.StartsWith('.') || part.Contains('\\', StringComparison.Ordinal));
            Assert.DoesNotContain('/', id.CacheFolder);
        });

    private static Gen<(string Text, HubId Id)> Written() =>
        from organisation in Gen.Elements("OpenGVLab", "timm", "a-b", "x_1")
        from name in Gen.Elements("InternViT-300M-448px-V2_5", "vit.ogvl_dist", "m")
        from revision in Gen.Elements("main", "v1.0", "0123abc", Commit)
        from folder in Gen.Elements("", "vlm", "a/b")
        from form in Gen.Elements(
            "hf-hub:{0}/{1}{2}@{3}", "hf_hub:{0}/{1}{2}@{3}", "hf://{0}/{1}{2}@{3}", "{0}/{1}{2}@{3}",
            "https://huggingface.co/{0}/{1}/tree/{3}{2}",
            "hf.co/{0}/{1}/blob/{3}{2}/model.safetensors", "https://www.huggingface.co/{0}/{1}/resolve/{3}{2}/config.json?download=true")
        let below = folder.Length == 0 ? "" : "/" + folder
        select (string.Format(null, form, organisation, name, below, revision), new HubId(organisation, name, revision, folder));

    private void Cache()
    {
        _folder.Write(Cached + "/refs/main", Commit);
        _folder.Write($"{Cached}/snapshots/{Commit}/config.json");
        _folder.Write($"{Cached}/snapshots/{Commit}/model.safetensors");
    }
}
