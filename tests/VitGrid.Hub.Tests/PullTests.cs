using VitGrid.Testing;

namespace VitGrid.Hub.Tests;

/// <summary>What is fetched of a repository, and how it lies in the cache.</summary>
public sealed class PullTests : HubTest
{
    [Fact]
    public async Task A_two_tower_model_comes_with_its_tokenizer_and_without_other_forms_of_its_weights()
    {
        Hub.With("org/clip", Repositories.TwoTowers);
        PullResult pulled = await PullAsync("org/clip");
        Assert.Equal(
            ["LICENSE", "config.json", "merges.txt", "model.safetensors", "preprocessor_config.json", "tokenizer.json",
                "tokenizer_config.json", "vocab.json"],
            Below(pulled.Folder));
        Assert.Equal(Path.Combine(Cache, "models--org--clip", "snapshots", PlayedHub.Commit), pulled.Folder);
        foreach (PlayedFile file in Repositories.TwoTowers.Where(file => File.Exists(Path.Combine(pulled.Folder, file.Path))))
        {
            Assert.Equal(file.Bytes, File.ReadAllBytes(Path.Combine(pulled.Folder, file.Path)));
            Assert.Equal($"../../blobs/{file.Hash}", new FileInfo(Path.Combine(pulled.Folder, file.Path)).LinkTarget);
        }
        Assert.Equal(PlayedHub.Commit, File.ReadAllText(Path.Combine(Cache, "models--org--clip", "refs", "main")));
        Assert.DoesNotContain(Below(Cache), file => file.EndsWith(".incomplete", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_a_chat_model_only_the_shards_with_its_encoder_come()
    {
        Hub.With("org/chat", Repositories.Chat);
        PullResult pulled = await PullAsync("org/chat");
        Assert.Equal(
            ["config.json", "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model.safetensors.index.json"],
            Below(pulled.Folder));
        Assert.Equal(0, Hub.AskedFor("model-00003-of-00003.safetensors"));
    }

    [Fact]
    public async Task OpenCLIPs_form_is_taken_where_the_folder_has_no_other_configuration_of_two_towers()
    {
        Hub.With("org/open", Repositories.OpenClip);
        Assert.Equal(
            ["config.json", "open_clip_config.json", "open_clip_model.safetensors", "tokenizer.json"],
            Below((await PullAsync("org/open")).Folder));
    }

    [Fact]
    public async Task A_second_pull_fetches_nothing()
    {
        Hub.With("org/clip", Repositories.TwoTowers);
        PullResult first = await PullAsync("org/clip");
        int asked = Hub.Requests.Count;
        PullResult second = await PullAsync("org/clip");
        Assert.True(first.FetchedBytes > 3_000_000);
        Assert.Equal((0, first.Folder, first.Bytes), (second.FetchedBytes, second.Folder, second.Bytes));
        Assert.Equal(2, Hub.Requests.Count - asked);
    }

    [Fact]
    public async Task A_folder_below_and_a_branch_with_a_slash_are_found()
    {
        Hub.With("org/many", [.. Repositories.TwoTowers.Select(file => file with { Path = $"sub/x/{file.Path}" })]);
        PullResult pulled = await PullAsync("org/many", revision: "refs/pr/1", folder: "sub/x");
        Assert.Equal(Path.Combine(Cache, "models--org--many", "snapshots", PlayedHub.Commit, "sub", "x"), pulled.Folder);
        Assert.True(File.Exists(Path.Combine(pulled.Folder, "model.safetensors")));
        Assert.Equal(PlayedHub.Commit, File.ReadAllText(Path.Combine(Cache, "models--org--many", "refs", "refs", "pr", "1")));
        Assert.Contains("its folders sub/x do: name one, as org/many/sub/x", await RefusedAsync("org/many"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_several_pages_is_read_to_its_end()
    {
        Hub.With("org/clip", Repositories.TwoTowers).PageSize = 5;
        Assert.Equal(8, (await PullAsync("org/clip")).Files);
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_and_not_to_where_it_redirects()
    {
        Hub.With("org/clip", Repositories.TwoTowers);
        await PullAsync("org/clip", Settings with { Token = "hf_secret" });
        Assert.All(Hub.Requests, request => Assert.Equal(
            request.Host == Hub.Storage.Authority ? null : "Bearer hf_secret", request.Authorization));
        Assert.Contains(Hub.Requests, request => request.Host == Hub.Storage.Authority);
    }

    [Fact]
    public async Task A_proxy_is_asked_instead_of_the_hub()
    {
        Hub.With("org/clip", [.. Repositories.TwoTowers.Select(file => file with { IsLarge = false })]);
        HubSettings settings = Settings with { Endpoint = new("http://hub.invalid"), Proxy = new System.Net.WebProxy(Hub.Endpoint) };
        Assert.Equal(8, (await PullAsync("org/clip", settings)).Files);
        Assert.All(Hub.Requests, request => Assert.Equal("hub.invalid", request.Host));
    }

    [Fact]
    public async Task Two_pulls_at_once_fetch_each_file_once_and_the_second_says_that_it_waits()
    {
        PlayedFile[] files = Repositories.TwoTowers;
        Hub.With("org/clip", files);
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously), open = new(
            TaskCreationOptions.RunContinuationsAsynchronously);
        Hub.Before = async context =>
        {
            if (context.Request.Path.Value!.StartsWith("/storage/", StringComparison.Ordinal))
            {
                asked.TrySetResult();
                await open.Task;
            }
            return false;
        };
        Task<PullResult> first = PullAsync("org/clip");
        await asked.Task;
        Task<PullResult> second = PullAsync("org/clip");
        await Waits.Task;
        open.SetResult();
        Assert.Equal((await first).Folder, (await second).Folder);
        Assert.Equal(1, Hub.AskedFor("model.safetensors"));
        Assert.Equal(0, (await second).FetchedBytes);
    }

    [Fact]
    public async Task A_lock_that_another_program_holds_by_flock_is_waited_for()
    {
        if (!OperatingSystem.IsLinux())
            return;
        PlayedFile weights = Repositories.TwoTowers.Single(file => file.Path == "model.safetensors");
        Hub.With("org/clip", Repositories.TwoTowers);
        string folder = Directory.CreateDirectory(Path.Combine(Cache, ".locks", "models--org--clip")).FullName;
        using System.Diagnostics.Process other = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "flock", [Path.Combine(folder, $"{weights.Hash}.lock"), "sh", "-c", "echo held; read line"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        Assert.Equal("held", await other.StandardOutput.ReadLineAsync());
        Task<PullResult> pull = PullAsync("org/clip");
        await Waits.Task;
        Assert.Equal(0, Hub.AskedFor("model.safetensors"));
        other.StandardInput.Close();
        Assert.Equal(8, (await pull).Files);
        await other.WaitForExitAsync();
    }
}
