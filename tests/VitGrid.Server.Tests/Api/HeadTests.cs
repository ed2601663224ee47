using Microsoft.AspNetCore.Routing;

namespace VitGrid.Server.Tests.Api;

/// <summary>Probes and link checkers ask with HEAD.</summary>
public sealed class HeadTests(SharedApi shared) : IClassFixture<SharedApi>
{
    [Fact]
    public async Task Every_route_that_answers_get_answers_head_alike_without_a_body()
    {
        string[] paths = [.. Paths()];
        Assert.All((string[])["/health/live", "/health/ready", "/v1/models", "/v1/models/x", "/info", "/metrics", "/"],
            path => Assert.Contains(path, paths));
        foreach (string path in paths.Append("/v1/models/internvit-nano"))
        {
            Answer get = await shared.TestApi.GetAsync(path), head = await shared.TestApi.SendAsync(
                new HttpRequestMessage(HttpMethod.Head, path));
            Assert.True(get.Status == head.Status, $"HEAD {path} is answered with {head.Status}, GET with {get.Status}");
            Assert.Equal(get.Message.Content.Headers.ContentType, head.Message.Content.Headers.ContentType);
            Assert.Equal("", head.Body);
            Assert.NotEqual("", head.Header("x-request-id"));
        }
    }

    [Fact]
    public async Task Where_get_is_not_served_head_is_not_either()
    {
        Answer head = await shared.TestApi.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/v1/embeddings"));
        Assert.Equal((405, "POST"), (head.Status, string.Join(',', head.Message.Content.Headers.Allow)));
        Assert.Equal(404, (await shared.TestApi.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/v1/nothing"))).Status);
    }

    private IEnumerable<string> Paths() =>
        ((IEndpointRouteBuilder)shared.TestApi.App).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        .Where(route => route.Metadata.GetMetadata<IHttpMethodMetadata>() is not { } methods || methods.HttpMethods.Contains("GET"))
        .Select(route => "/" + route.RoutePattern.RawText!.TrimStart('/')
            .Replace("{documentName}", "v1", StringComparison.Ordinal).Replace("{id}", "x", StringComparison.Ordinal));
}
