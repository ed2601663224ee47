using System.Net.Http.Json;
using VitGrid.Server.Tests.Cluster;

namespace VitGrid.Server.Tests.Batches;

/// <summary>
/// Files, batches and their results belong to the tenant that made them: by every endpoint that takes an id, and in every list, what is
/// another's is not there.
/// </summary>
public sealed class OwnershipTests
{
    private static readonly string[] Lines =
    [
        BatchServer.Line("boat", new { model = "internvit-nano", input = BatchServer.Image("boat") }),
        BatchServer.Line("broken", new { model = "internvit-nano", input = Convert.ToBase64String(new byte[60]) }),
    ];

    [RedisFact]
    public async Task What_is_anothers_is_answered_like_what_is_not_there_by_every_endpoint_and_stands_in_no_list()
    {
        await using TenantServer server = await TenantServer.StartAsync();
        string input = await server.UploadAsync("alice", Lines);
        string batch = (await server.CreateAsync("alice", input)).Text("id");
        TenantAnswer done = await server.CompletedAsync("alice", batch);
        string[] files = [input, done.Text("output_file_id"), done.Text("error_file_id")];
        Stranger bob = new(server, "bob", batch, files), nobody = new(server, "", batch, files);
        await bob.SeesNothingAsync();
        await nobody.SeesNothingAsync();

        Assert.Equal(files.Order(), (await server.SendAsync("alice", HttpMethod.Get, "/v1/files")).Ids.Order());
        Assert.Equal([batch], (await server.SendAsync("alice", HttpMethod.Get, "/v1/batches")).Ids);
        Assert.Contains(batch, (await server.SendAsync("alice", HttpMethod.Get, "/page/jobs")).Body, StringComparison.Ordinal);
        TenantAnswer dead = await server.SendAsync("alice", HttpMethod.Get, $"/page/jobs/{batch}/dead");
        Assert.Contains(input, dead.Body, StringComparison.Ordinal);
        string letters = (await server.SendAsync("alice", HttpMethod.Get, $"/v1/files/{files[2]}/content")).Body;
        Assert.Contains("\"custom_id\":\"broken\"", letters, StringComparison.Ordinal);
        foreach (string file in files)
            Assert.Equal(200, (await server.SendAsync("alice", HttpMethod.Delete, $"/v1/files/{file}")).Status);
    }

    [RedisFact]
    public async Task A_list_goes_on_behind_ones_own_batches_and_takes_anothers_id_for_none()
    {
        await using TenantServer server = await TenantServer.StartAsync();
        List<string> alices = [];
        for (int i = 0; i < 3; i++)
        {
            alices.Insert(0, (await server.CreateAsync("alice", await server.UploadAsync("alice", "no json"))).Text("id"));
            await server.CreateAsync("bob", await server.UploadAsync("bob", "no json"));
        }
        string bobs = (await server.SendAsync("bob", HttpMethod.Get, "/v1/batches?limit=1")).Ids.Single();
        TenantAnswer first = await server.SendAsync("alice", HttpMethod.Get, "/v1/batches?limit=2");
        Assert.Equal((2, true), (first.Ids.Length, first.Json.GetProperty("has_more").GetBoolean()));
        TenantAnswer rest = await server.SendAsync("alice", HttpMethod.Get, $"/v1/batches?after={first.Ids[1]}");
        Assert.Equal(alices.Order(), first.Ids.Concat(rest.Ids).Order());
        Assert.False(rest.Json.GetProperty("has_more").GetBoolean());
        TenantAnswer foreign = await server.SendAsync("alice", HttpMethod.Get, $"/v1/batches?after={bobs}");
        TenantAnswer none = await server.SendAsync("alice", HttpMethod.Get, $"/v1/batches?after=batch_{new string('0', 32)}");
        Assert.Equal(none.Body, foreign.Body);
    }

    [RedisFact]
    public async Task What_nobody_owns_is_shown_where_keys_are_off_and_to_no_tenant()
    {
        await using TenantServer server = await TenantServer.StartAsync();
        string input = await server.UploadAsync("", "no json");
        string batch = (await server.CreateAsync("", input)).Text("id");
        Stranger alice = new(server, "alice", batch, [input]);
        await alice.SeesNothingAsync();
        Assert.Equal([input], (await server.SendAsync("", HttpMethod.Get, "/v1/files")).Ids);
        Assert.Equal([batch], (await server.SendAsync("", HttpMethod.Get, "/v1/batches")).Ids);
    }

    [RedisFact]
    public async Task Tenants_that_are_kept_apart_do_not_hit_what_another_has_computed_and_others_do()
    {
        await using TenantServer apart = await TenantServer.StartAsync(new() { PerTenant = true });
        Assert.Equal(["hit=0,miss=1", "hit=0,miss=1", "hit=1,miss=0"], await HitsAsync(apart, "alice", "bob", "alice"));
        await using TenantServer shared = await TenantServer.StartAsync();
        Assert.Equal(["hit=0,miss=1", "hit=1,miss=0"], await HitsAsync(shared, "alice", "bob"));
    }

    private static async Task<string[]> HitsAsync(TenantServer server, params string[] tenants)
    {
        List<string> hits = [];
        foreach (string tenant in tenants)
        {
            TenantAnswer answer = await server.SendAsync(tenant, HttpMethod.Post, "/v1/embeddings",
                JsonContent.Create(new { model = "internvit-nano", input = BatchServer.Image("boat") }));
            hits.Add(answer.Headers.GetValues("x-vitgrid-cache").Single());
        }
        return [.. hits];
    }

    /// <summary>Somebody who knows another's ids.</summary>
    private sealed class Stranger(TenantServer server, string tenant, string batch, string[] files)
    {
        private readonly string _noFile = $"file-{new string('0', 32)}";
        private readonly string _noBatch = $"batch_{new string('0', 32)}";

        public async Task SeesNothingAsync()
        {
            foreach (string file in files)
            {
                await SameAsync(HttpMethod.Get, "/v1/files/{0}", file, _noFile);
                await SameAsync(HttpMethod.Get, "/v1/files/{0}/content", file, _noFile);
                await SameAsync(HttpMethod.Delete, "/v1/files/{0}", file, _noFile);
                TenantAnswer made = await server.CreateAsync(tenant, file), none = await server.CreateAsync(tenant, _noFile);
                Assert.Equal((404, none.Body), (made.Status, made.Body.Replace(file, _noFile, StringComparison.Ordinal)));
                Assert.Empty((await server.SendAsync(tenant, HttpMethod.Get, $"/v1/files?after={file}")).Ids);
            }
            await SameAsync(HttpMethod.Get, "/v1/batches/{0}", batch, _noBatch);
            await SameAsync(HttpMethod.Post, "/v1/batches/{0}/cancel", batch, _noBatch);
            Assert.Empty((await server.SendAsync(tenant, HttpMethod.Get, "/v1/files")).Ids);
            Assert.Empty((await server.SendAsync(tenant, HttpMethod.Get, "/v1/batches")).Ids);
            await SeesNothingOnThePageAsync();
        }

        /// <summary>Where its key may index too.</summary>
        private async Task SeesNothingOnThePageAsync()
        {
            await SameAsync(HttpMethod.Get, "/page/jobs/{0}/dead", batch, _noBatch);
            await SameAsync(HttpMethod.Get, "/page/jobs/{0}/thumbnail?item=broken", batch, _noBatch);
            await SameAsync(HttpMethod.Post, "/page/jobs/{0}/retry", batch, _noBatch);
            await SameAsync(HttpMethod.Post, "/page/jobs/{0}/cancel", batch, _noBatch);
            TenantAnswer jobs = await server.SendAsync(tenant, HttpMethod.Get, "/page/jobs");
            Assert.Equal(200, jobs.Status);
            Assert.DoesNotContain(batch, jobs.Body, StringComparison.Ordinal);
        }

        private async Task SameAsync(HttpMethod method, string path, string id, string none)
        {
            TenantAnswer answer = await server.SendAsync(tenant, method, string.Format(null, path, id));
            TenantAnswer unknown = await server.SendAsync(tenant, method, string.Format(null, path, none));
            Assert.Equal(404, answer.Status);
            Assert.Equal(unknown.Body, answer.Body.Replace(id, none, StringComparison.Ordinal));
        }
    }
}
