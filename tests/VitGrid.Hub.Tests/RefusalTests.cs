namespace VitGrid.Hub.Tests;

/// <summary>What is said when a model cannot be fetched.</summary>
public sealed class RefusalTests : HubTest
{
    [Theory]
    [InlineData(401, "GatedRepo", null, "org/clip is gated (401): accept its licence at {hub}/org/clip, then set HF_TOKEN")]
    [InlineData(403, "GatedRepo", "hf_t", "the account of HF_TOKEN may not read org/clip yet (403): accept its licence at {hub}/org/clip")]
    [InlineData(403, "", "hf_t", "the hub does not give org/clip to the account of HF_TOKEN (403): accept its licence at {hub}/org/clip")]
    [InlineData(403, "", null, "the hub does not give org/clip to those without a token (403)")]
    [InlineData(401, "RepoNotFound", null, "org/clip is private or gated, or there is no such model (401): look at {hub}/org/clip")]
    [InlineData(401, "", "hf_t", "the hub refuses the token of HF_TOKEN for org/clip (401)")]
    [InlineData(404, "RepoNotFound", null, "has no org/clip, or not this of it")]
    [InlineData(404, "RevisionNotFound", null, "org/clip has no such revision (revision 'main', 404)")]
    [InlineData(429, "", null, "for too many requests (429), after all attempts; wait some minutes, or set HF_TOKEN")]
    [InlineData(418, "", null, "the hub answers 418 to revision 'main' of org/clip")]
    public async Task A_status_is_told_with_what_helps(int status, string code, string? token, string said)
    {
        Hub.Before = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["X-Error-Code"] = code;
            context.Response.Headers["X-Error-Message"] = "as it is";
            context.Response.Headers.RetryAfter = "0";
            return Task.FromResult(true);
        };
        string message = await RefusedAsync("org/clip", Settings with { Token = token });
        Assert.Contains(
            said.Replace("{hub}", Hub.Endpoint.ToString().TrimEnd('/'), StringComparison.Ordinal), message, StringComparison.Ordinal);
        Assert.EndsWith("The hub says: as it is", message, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_t", message.Replace("HF_T", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hub_that_cannot_be_reached_is_named_with_the_variables_that_help()
    {
        Uri gone = Hub.Endpoint;
        await Hub.DisposeAsync();
        string message = await RefusedAsync("org/clip", Settings with { Endpoint = gone });
        Assert.Contains($"cannot be fetched from {gone}", message, StringComparison.Ordinal);
        Assert.Contains("HTTPS_PROXY", message, StringComparison.Ordinal);
        Assert.Contains("HF_ENDPOINT", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offline_nothing_is_asked()
    {
        Hub.With("org/clip", Repositories.TwoTowers);
        Assert.Contains("HF_HUB_OFFLINE is set, so org/clip is not fetched",
            await RefusedAsync("org/clip", Settings with { IsOffline = true }), StringComparison.Ordinal);
        Assert.Empty(Hub.Requests);
    }

    [Fact]
    public async Task Too_little_space_is_told_before_the_weights_are_asked_for()
    {
        Hub.With("org/clip", Repositories.TwoTowers);
        string message = await RefusedAsync("org/clip", Settings with { FreeBytes = _ => 100_000 });
        Assert.Matches($"^300[0-9]{{4}} bytes are to be fetched and {Cache} has 100000 free; make room, or set HF_HUB_CACHE", message);
        Assert.Equal(0, Hub.AskedFor("model.safetensors"));
    }

    [Theory]
    [InlineData("../../x.json")]
    [InlineData("a/../x.json")]
    [InlineData("/etc/x.json")]
    [InlineData("a\\x.json")]
    [InlineData("c:x.json")]
    public async Task A_path_that_leads_out_of_the_repository_is_refused(string path)
    {
        Hub.With("org/clip", [.. Repositories.TwoTowers, Repositories.Text(path, "{}")]);
        Assert.Contains($"a file '{path}'", await RefusedAsync("org/clip"), StringComparison.Ordinal);
        Assert.Empty(Below(Cache));
    }

    [Fact]
    public async Task A_repository_without_what_is_read_says_what_it_holds()
    {
        Hub.With("org/gguf", Repositories.Large("model-q4.gguf", 10), Repositories.Text("README.md", "x"));
        Assert.Contains("org/gguf has no config.json", await RefusedAsync("org/gguf"), StringComparison.Ordinal);
        Hub.With("org/bin", Repositories.Text("config.json", "{}"), Repositories.Large("pytorch_model.bin", 10));
        Assert.Contains("org/bin has no model.safetensors and no index of shards", await RefusedAsync("org/bin"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endless_redirect_is_given_up()
    {
        Hub.Before = context =>
        {
            context.Response.Redirect(context.Request.Path);
            return Task.FromResult(true);
        };
        Assert.Contains("redirects more than 10 times", await RefusedAsync("org/clip"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1")]
    [InlineData("{}")]
    [InlineData("""{"sha":"../../etc"}""")]
    public async Task An_answer_that_cannot_be_is_refused(string body)
    {
        Hub.Before = async context =>
        {
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, body);
            return true;
        };
        Assert.Matches("cannot be (read|used)", await RefusedAsync("org/clip"));
    }
}
