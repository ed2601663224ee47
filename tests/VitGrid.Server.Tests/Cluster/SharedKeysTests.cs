using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using VitGrid.Server.Tests.Verbs;

namespace VitGrid.Server.Tests.Cluster;

/// <summary>Two processes that share keys, limits and audit in one Redis.</summary>
public sealed class SharedKeysTests
{
    [RedisFact]
    public async Task A_key_is_known_limited_and_revoked_in_two_processes_alike()
    {
        using TemporaryFolder folder = new();
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(folder.Root);
        using StartedProcess ownRedis = redis;
        string[] settings =
            ["serve", "--urls", "http://127.0.0.1:0", "--VitGrid:Auth:Mode=required", $"--VitGrid:Auth:Redis={address}"];
        using var first = StartedProcess.VitGrid(settings);
        using var second = StartedProcess.VitGrid(settings);
        string[] urls = [await first.ReadyAsync(), await second.ReadyAsync()];

        VerbRun made = await VerbRun.RunAsync(
            "keys", "create", "one", "--redis", address, "--scopes", "embed,metrics", "--limit", "requests/day=6");
        Assert.Equal(0, made.ExitCode);
        string key = made.Lines[0];
        // Used at once, and six times over both.
        List<HttpStatusCode> statuses = [];
        for (int i = 0; i < 8; i++)
            statuses.Add((await AskAsync(urls[i % 2], key)).Status);
        Assert.Equal([200, 200, 200, 200, 200, 200, 429, 429], statuses.Select(status => (int)status));

        VerbRun rotated = await VerbRun.RunAsync("keys", "rotate", "one", "--redis", address);
        await RefusedAsync(urls, key);
        VerbRun revoked = await VerbRun.RunAsync("keys", "revoke", "one", "--redis", address);
        Assert.Equal((0, 0), (rotated.ExitCode, revoked.ExitCode));
        await RefusedAsync(urls, rotated.Lines[0]);

        foreach (string secret in new[] { key, rotated.Lines[0] })
            Assert.DoesNotContain(secret[3..], first.Said + second.Said + made.Error + rotated.Error, StringComparison.Ordinal);
        first.Terminate();
        second.Terminate();
        Assert.Equal((0, 0), (await first.ExitAsync(), await second.ExitAsync()));
        JsonElement used = JsonDocument.Parse(
            Assert.Single((await VerbRun.RunAsync("keys", "usage", "--redis", address)).Lines)).RootElement;
        Assert.Equal(6, used.GetProperty("requests").GetInt64());
    }

    /// <summary>The stated time until a change is known everywhere; asked until then, since nothing else tells.</summary>
    private static async Task RefusedAsync(string[] urls, string key)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        foreach (string url in urls)
        {
            while ((await AskAsync(url, key)).Status is not HttpStatusCode.Unauthorized)
                await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }
    }

    private static async Task<(HttpStatusCode Status, string Body)> AskAsync(string url, string key)
    {
        using HttpClient http = new();
        using HttpRequestMessage request = new(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"{url}/v1/models"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using HttpResponseMessage answer = await http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
