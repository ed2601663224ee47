using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Server.Api.Cohere;
using VitGrid.Server.Api.KServe;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Tests.Api;
using VitGrid.Server.Tests.Protocols.Plain;

namespace VitGrid.Server.Tests.Protocols;

/// <summary>A route of the running host, and how to ask it.</summary>
/// <param name="Method">Its HTTP method.</param>
/// <param name="Pattern">Its pattern, as metrics name it.</param>
/// <param name="Protocol">Whose it is; null: nobody's.</param>
internal sealed record ServedRoute(string Method, string Pattern, Protocol? Protocol)
{
    /// <summary>Whether it computes vectors.</summary>
    public bool Embeds => Pattern is "/v1/embeddings" or "/embeddings" or "/images/embeddings" or PlainProtocol.Vectors;

    /// <summary>Whether it computes.</summary>
    public bool Computes => Embeds || Infers || Pattern is "/v1/features" or "/v1/similarity" or "/v2/embed";

    /// <summary>Whether it computes tensors of KServe's protocol.</summary>
    public bool Infers => Pattern.EndsWith("/infer", StringComparison.Ordinal);

    private string Path => Pattern.Replace("{documentName}", "v1", StringComparison.Ordinal)
        .Replace("{documentName?}", "v1", StringComparison.Ordinal)
        .Replace("{version}", "1", StringComparison.Ordinal)
        .Replace("{**rest}", "status", StringComparison.Ordinal)
        .Replace("{**name}", "page.css", StringComparison.Ordinal)
        .Replace("{name}", "blazor.server.js", StringComparison.Ordinal)
        .Replace("{node}", "x", StringComparison.Ordinal)
        .Replace("{model}", "internvit-nano", StringComparison.Ordinal)
        .Replace("{id}", Pattern.StartsWith("/v1/models", StringComparison.Ordinal) ? "internvit-nano" : "x", StringComparison.Ordinal);

    /// <summary>Every route of a host that serves <see cref="PlainProtocol"/> too.</summary>
    public static IReadOnlyList<ServedRoute> All(TestApi door) =>
    [
        .. from route in door.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
           from method in route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
           select new ServedRoute(method, "/" + route.RoutePattern.RawText!.TrimStart('/'), route.Metadata.GetMetadata<Protocol>()),
    ];

    /// <summary>A host with both protocols.</summary>
    public static Task<TestApi> OpenAsync(ServerOptions? options = null, FakeGrid? grid = null) => TestApi.OpenAsync(
        options, grid, services => services.AddProtocol(new PlainProtocol(), options ?? new()));

    /// <summary>Asks with a request that the route takes; <paramref name="images"/> stand in it where it computes vectors.</summary>
    public HttpRequestMessage Request(string query = "", string? method = null, params byte[][] images)
    {
        HttpRequestMessage request = new(new HttpMethod(method ?? Method), Path + query);
        if (Computes)
        {
            byte[][] sent = images is [] ? [FakeGrid.Image(1)] : images;
            string files = string.Join(',', sent.Select(image => $"\"{Convert.ToBase64String(image)}\""));
            string body = Protocol switch
            {
                PlainProtocol => $$"""{"files":[{{files}}],"fresh":true}""",
                CohereProtocol => $$"""{"model":"internvit-nano","input_type":"image","images":[{{files}}]}""",
                KServeProtocol => $$"""
                    {"parameters":{"cache":"bypass","normalize":false},
                    "inputs":[{"name":"image","datatype":"BYTES","shape":[{{sent.Length}}],"data":[{{files}}]}]}
                    """,
                _ when Pattern == "/v1/similarity" => $$"""{"images":[{{files}}],"cache":"bypass"}""",
                _ => $$"""{"input":[{{files}}],"cache":"bypass","normalize":false}""",
            };
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }
        return request;
    }

    /// <summary>Checks that an answer is a refusal in the shape of this route's protocol.</summary>
    public void IsRefusal(Answer answer, int status, string code)
    {
        Assert.True(status == answer.Status, $"{Method} {Pattern}: {answer.Status} {answer.Body}");
        if (Protocol is PlainProtocol)
            Assert.StartsWith($"{code}: ", answer.Body, StringComparison.Ordinal);
        else if (Protocol is CohereProtocol)
            Assert.NotEqual("", answer.Json.GetProperty("message").GetString());
        else if (Protocol is KServeProtocol)
            Assert.NotEqual("", answer.Error.GetString());
        else
            Assert.Equal(code, answer.Error.GetProperty("code").GetString());
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Pattern}";
}
