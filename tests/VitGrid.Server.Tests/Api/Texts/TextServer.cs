using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VitGrid.Engine.Models;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Execution;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Api.Texts;

/// <summary>A server of both bundled models, as the first command starts it, and what clip-nano's card says.</summary>
public sealed class TextServer : IAsyncLifetime
{
    private static readonly string Models = Path.GetDirectoryName(GoldenFiles.Nano)!;
    private static readonly JsonElement Expected = JsonDocument.Parse(File.ReadAllBytes(PathOf("expected.json"))).RootElement;
    private WebApplication _app = null!;

    internal HttpClient Http { get; } = new();

    /// <summary>Captions with their ids and unit vectors, computed in float64.</summary>
    internal static IReadOnlyList<(string Text, int[] Ids, float[] Unit)> Captions { get; } =
    [
        .. Expected.GetProperty("captions").EnumerateArray().Select(caption => (
            caption.GetProperty("text").GetString()!,
            caption.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray(),
            Singles(caption.GetProperty("embed")))),
    ];

    /// <summary>exp(logit_scale).</summary>
    internal static double Scale { get; } = Expected.GetProperty("logit_scale").GetDouble();

    /// <summary>Drawings by file name.</summary>
    internal static IReadOnlyList<string> Drawings { get; } =
        [.. Directory.GetFiles(PathOf("demo"), "*.png").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    /// <summary>Queries of the card with the ranking of all drawings.</summary>
    internal static IReadOnlyList<(string Text, (string File, double Cosine)[] Ranking)> Queries { get; } =
    [
        .. JsonDocument.Parse(File.ReadAllBytes(PathOf("demo", "queries.json"))).RootElement.GetProperty("queries").EnumerateArray()
            .Select(query => (
                query.GetProperty("text").GetString()!,
                query.GetProperty("ranking").EnumerateArray().Select(
                    hit => (hit.GetProperty("file").GetString()!, hit.GetProperty("cosine").GetDouble())).ToArray())),
    ];

    internal static string PathOf(params string[] parts) => Path.Combine([Models, "clip-nano", .. parts]);

    internal static string DataUri(string drawing) =>
        $"data:image/png;base64,{Convert.ToBase64String(File.ReadAllBytes(PathOf("demo", drawing)))}";

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        ServerOptions options = new()
        {
            Models = [new ModelSettings { Model = "internvit-nano" }, new ModelSettings { Model = "clip-nano" }],
            Devices = [ExecutionBackends.Processor],
        };
        _app = ServerHost.Create(
            options,
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.AddGrid(options.ToGrid(name => new ModelLocation(name, Path.Combine(Models, name)), "", Precision.Fp32));
            },
            "http://127.0.0.1:0");
        await _app.StartAsync();
        await _app.Services.GetRequiredService<ModelCatalog>().WhenLoadedAsync();
        Http.BaseAddress = new Uri(_app.Urls.Single());
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Asks with an object as JSON; the answer must be 200.</summary>
    internal async Task<JsonElement> AskAsync(object body, string path = "/v1/embeddings")
    {
        (HttpStatusCode status, JsonElement answer) = await SendAsync(JsonSerializer.Serialize(body), path);
        Assert.True(status == HttpStatusCode.OK, answer.ToString());
        return answer;
    }

    /// <summary>Asks with JSON as it stands; the answer must be a refusal.</summary>
    internal async Task<(int Status, string? Code, string? Param, string Message)> RefusedAsync(string json, string path = "/v1/embeddings")
    {
        (HttpStatusCode status, JsonElement answer) = await SendAsync(json, path);
        JsonElement error = answer.GetProperty("error");
        string? param = error.TryGetProperty("param", out JsonElement place) ? place.GetString() : null;
        return ((int)status, error.GetProperty("code").GetString(), param, error.GetProperty("message").GetString()!);
    }

    internal static float[][] Vectors(JsonElement answer) =>
        [.. answer.GetProperty("data").EnumerateArray().Select(item => Singles(item.GetProperty("embedding")))];

    internal static float[] Singles(JsonElement numbers) => [.. numbers.EnumerateArray().Select(number => number.GetSingle())];

    internal static double Dot(float[] first, float[] second) => first.Zip(second, (x, y) => (double)x * y).Sum();

    private async Task<(HttpStatusCode Status, JsonElement Answer)> SendAsync(string json, string path)
    {
        using StringContent content = new(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await Http.PostAsync(path, content);
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }
}
