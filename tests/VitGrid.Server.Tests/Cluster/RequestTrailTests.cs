using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Administration;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Cluster;

/// <summary>A front end and two workers as processes of their own: where an image was, by its request's id.</summary>
public sealed class RequestTrailTests(ITestOutputHelper output) : IDisposable
{
    private const string RequestId = "order-4711.image-1";
    private const string Replica = @"replica (\S+) on ([^\s,]+)";

    private static readonly (string, string)[] Talkative = [("Logging__LogLevel__VitGrid", "Debug")];

    private readonly TemporaryFolder _folder = new();
    private readonly List<StartedProcess> _processes = [];

    [RedisFact]
    public async Task The_logs_of_three_processes_say_where_an_image_was_when_its_worker_was_killed()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        _processes.Add(redis);
        string[] worker = ["--role", "worker", "--redis", address, "--model", "internvit-nano", "--segments", "2", "--replicas", "1",
            "--devices", "cpu:0"];
        StartedProcess[] workers = [Start(worker), Start(worker)];
        StartedProcess frontEnd = Start(["--role", "api", "--redis", address]);
        (StartedProcess first, StartedProcess last, string[] names) = await StagesAsync(address, workers);
        string url = await frontEnd.ReadyAsync();

        // Its second stage stands still: the image has begun, and cannot be answered before its head is killed.
        last.Freeze();
        Task<HttpStatusCode> answer = EmbedAsync(url);
        await first.HearAsync($"Image of request {RequestId} begins stage");
        first.Kill();
        await frontEnd.HearAsync($"Image of request {RequestId} begins again after attempt 1");
        last.Thaw();
        Assert.Equal(HttpStatusCode.OK, await answer);
        await last.HearAsync($"request {RequestId}, is answered");
        await frontEnd.HearAsync($"Image of request {RequestId} is answered by model");

        (Place lost, Place found) = (SentTo(frontEnd, attempt: 1), AnsweredBy(frontEnd));
        Assert.Equal((names[0], names[1]), (lost.Node, found.Node));
        Assert.Contains($"begins again after attempt 1 at replica {lost.Replica} on {lost.Node}: the link to", Trail(frontEnd));
        Assert.Contains($"has arrived for replica {lost.Replica}", Trail(first));
        Assert.Contains($"begins stage {lost.Replica}/0 in batch", Trail(first));
        Assert.DoesNotContain("is answered", Trail(first));
        Assert.Contains($"has arrived for replica {found.Replica}", Trail(last));
        Assert.Contains($"begins stage {found.Replica}/0 in batch", Trail(last));
        Assert.Contains($"begins stage {found.Replica}/1 in batch", Trail(last));
    }

    public void Dispose()
    {
        foreach (StartedProcess process in _processes)
        {
            process.Dispose();
            output.WriteLine($"-- process {process.Id}:{process.Said}");
        }
        _folder.Dispose();
    }

    /// <summary>What a process said of the image: the lines with its request's id.</summary>
    private static string Trail(StartedProcess process) =>
        string.Join('\n', process.Said.Split('\n').Where(line => line.Contains(RequestId, StringComparison.Ordinal)));

    private static Place SentTo(StartedProcess frontEnd, int attempt) => PlaceIn(frontEnd, $@"goes to {Replica}, attempt {attempt}\b");

    private static Place AnsweredBy(StartedProcess frontEnd) => PlaceIn(frontEnd, $"is answered by {Replica}");

    private static Place PlaceIn(StartedProcess frontEnd, string pattern)
    {
        Match match = Regex.Match(Trail(frontEnd), pattern);
        Assert.True(match.Success, $"no line says '{pattern}'");
        return new(match.Groups[1].Value, match.Groups[2].Value);
    }

    /// <summary>The processes of the first and of the second stage, and their names, once a replica serves.</summary>
    private static async Task<(StartedProcess First, StartedProcess Last, string[] Names)> StagesAsync(
        string redis, StartedProcess[] workers)
    {
        await using GridAdministration grid = await GridAdministration.ConnectAsync(
            new() { Redis = redis }, StartedProcess.Timeout, logging => logging.ClearProviders(), CancellationToken.None);
        GridStatus status = await ClusterTests.StatusAsync(grid, served => ClusterTests.Nodes(served).Distinct().Count() == 2);
        string[] names = ClusterTests.Nodes(status);
        StartedProcess[] stages = [.. names.Select(
            name => workers.Single(worker => worker.Id == status.Nodes.Single(node => node.Node == name).ProcessId))];
        return (stages[0], stages[1], names);
    }

    private static async Task<HttpStatusCode> EmbedAsync(string url)
    {
        using HttpClient http = new();
        using ByteArrayContent body = new(await File.ReadAllBytesAsync(Path.Combine(GoldenFiles.Repository, "docs", "images", "fish.png")));
        body.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using HttpRequestMessage request = new(HttpMethod.Post, $"{url}/v1/embeddings?cache=bypass&timeout_ms=120000") { Content = body };
        request.Headers.Add("x-request-id", RequestId);
        using HttpResponseMessage answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    private StartedProcess Start(string[] arguments)
    {
        StartedProcess process = StartedProcess.VitGrid(
            Talkative, ["serve", "--urls", "http://127.0.0.1:0", .. arguments, .. ClusterTests.Patient]);
        _processes.Add(process);
        return process;
    }

    private sealed record Place(string Replica, string Node);
}
