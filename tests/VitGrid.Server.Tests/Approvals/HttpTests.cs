using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.OpenAi.Answers;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Tests.Api;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Approvals;

/// <summary>What HTTP clients rely on, apart from words.</summary>
public sealed class HttpTests
{
    private static readonly string[] Words = ["summary", "description"];

    [Theory]
    [InlineData("All")]
    [InlineData("Api")]
    [InlineData("Worker")]
    public async Task The_routes_of_a_role_are_the_approved_ones(string role)
    {
        await using TestApi door = await TestApi.OpenAsync(new() { Role = Enum.Parse<GridRole>(role) });
        IEnumerable<RouteEndpoint> routes = door.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();
        ApprovedText.Verify($"Http/routes-{role}.txt", routes.Select(Describe).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Codes_statuses_types_and_waits_of_errors_are_the_approved_ones() => ApprovedText.Verify("Http/errors.txt", ErrorTable.Rows
        .Select(row => $"{row.Code} {row.Status} {ErrorBodies.TypeOf(row)} {row.RetryAfterSeconds}").Order(StringComparer.Ordinal));

    /// <summary>Paths, parameters, fields, types and statuses of the OpenAPI document.</summary>
    [Fact]
    public async Task The_shapes_of_requests_and_answers_are_the_approved_ones()
    {
        await using TestApi door = await TestApi.OpenAsync();
        JsonNode document = JsonNode.Parse((await door.GetAsync("/openapi/v1.json")).Body)!;
        document.AsObject().Remove("info");
        document.AsObject().Remove("servers");
        RemoveWords(document, isNamed: false);
        ApprovedText.Verify("Http/openapi.json", document.ToJsonString(new() { WriteIndented = true }));
    }

    private static string Describe(RouteEndpoint route)
    {
        IEnumerable<string> methods = route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"];
        return $"{string.Join(',', methods)} {route.RoutePattern.RawText}";
    }

    /// <summary>Fields may be called "description" too: those of <c>properties</c> stay.</summary>
    private static void RemoveWords(JsonNode? node, bool isNamed)
    {
        if (node is JsonArray items)
        {
            foreach (JsonNode? item in items)
                RemoveWords(item, isNamed: false);
        }
        if (node is not JsonObject fields)
            return;
        foreach (string word in isNamed ? [] : Words)
            fields.Remove(word);
        foreach ((string name, JsonNode? value) in fields)
            RemoveWords(value, isNamed: !isNamed && name == "properties");
    }
}
