using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Access.Keys;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Tests.Api;
using VitGrid.Server.Tests.Protocols;

namespace VitGrid.Server.Tests.Access;

/// <summary>Walks over every endpoint of the running host: what is not listed as open gives nothing without a key.</summary>
public sealed class EndpointWalkTests
{
    private static readonly string[] Open =
        ["GET /health/live", "GET /health/ready", "GET /v2/health/live", "GET /v2/health/ready"];

    [Fact]
    public async Task Only_health_is_open_and_everything_else_is_401_without_a_key_however_its_path_is_written()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync(new() { FailuresPerMinute = 1_000_000 });
        foreach (ServedRoute route in ServedRoute.All(api.Door))
        {
            string path = route.Request().RequestUri!.OriginalString;
            foreach (string form in Forms(path))
            {
                int status = await StatusAsync(api, route, form);
                if (!Open.Contains(route.ToString()) || form != path)
                    Assert.True(status == 401 || (Open.Contains(route.ToString()) && status == 200), $"{route} as {form}: {status}");
                else
                    Assert.Equal((route, 200), (route, status));
            }
        }
    }

    [Fact]
    public async Task Every_endpoint_says_who_may_ask_it_and_what_says_nothing_is_an_administrators()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        IReadOnlyList<Endpoint> endpoints = api.Door.App.Services.GetRequiredService<EndpointDataSource>().Endpoints;
        Assert.Equal(
            Open.Select(route => route[4..]).Order(),
            endpoints.OfType<RouteEndpoint>().Where(endpoint => EndpointAccess.From(endpoint).IsOpen)
                .Select(endpoint => endpoint.RoutePattern.RawText!).Order());
        // The protocol of the tests states nothing; every route of the product does.
        Assert.All(
            endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<EndpointAccess>() is null),
            endpoint => Assert.StartsWith("/plain", ((RouteEndpoint)endpoint).RoutePattern.RawText, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_endpoint_that_states_no_scope_takes_an_administrators_key_and_no_other()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string all = await api.KeyAsync("all-but-admin", (Scopes)63), admin = await api.KeyAsync("admin", Scopes.Admin);
        ServedRoute plain = ServedRoute.All(api.Door).First(
            route => route.Embeds && route.Pattern.StartsWith("/plain", StringComparison.Ordinal));
        Assert.Equal(403, (await api.SendAsync(plain.Request(), all)).Status);
        Assert.Equal(200, (await api.SendAsync(plain.Request(), admin)).Status);
    }

    [Fact]
    public async Task A_key_hears_of_what_is_not_served_and_of_wrong_methods_as_without_keys()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string key = await api.KeyAsync("one");
        (await api.GetAsync("/nothing/here", key)).IsRefusal(404, "not_found", null);
        (await api.GetAsync("/v1/embeddings", key)).IsRefusal(405, "method_not_allowed", null, "use POST");
        (await api.GetAsync("/nothing/here", null)).IsRefusal(401, "invalid_api_key", null);
        (await api.GetAsync("/v1/embeddings", null)).IsRefusal(401, "invalid_api_key", null);
        Assert.Equal(200, (await api.GetAsync("/", key)).Status);
    }

    [Fact]
    public async Task On_loopback_nobody_is_asked_for_a_key()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Assert.All(ServedRoute.All(door).Where(route => route.Method == "GET"), route =>
            Assert.NotEqual(401, door.SendAsync(route.Request()).GetAwaiter().GetResult().Status));
    }

    private static IEnumerable<string> Forms(string path)
    {
        yield return path;
        yield return "/" + path;
        yield return path.ToUpperInvariant();
        yield return path + "/";
        yield return path + "/../" + path.TrimStart('/');
        yield return "/%2f" + path.TrimStart('/');
        yield return path.Length > 1 ? "/" + path[1..].Replace("/", "%2f", StringComparison.Ordinal) : "/%2e";
        yield return "/nothing" + path;
        yield return path + "?key=1";
    }

    /// <summary>The path as it stands, which <see cref="Uri"/> would mend.</summary>
    private static async Task<int> StatusAsync(KeyedApi api, ServedRoute route, string path)
    {
        HttpRequestMessage request = route.Request();
        Uri root = api.Door.Http.BaseAddress!;
        UriCreationOptions asItStands = new() { DangerousDisablePathAndQueryCanonicalization = true };
        request.RequestUri = new Uri($"{root.GetLeftPart(UriPartial.Authority)}{path}", asItStands);
        return (await api.Door.SendAsync(request)).Status;
    }
}
