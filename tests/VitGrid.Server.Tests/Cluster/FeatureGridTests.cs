using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Administration;
using VitGrid.Server.Tests.Api.Features;
using VitGrid.Testing;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Cluster;

/// <summary>Features of a model in two segments, each in a process of its own, asked of a front end in a third.</summary>
public sealed class FeatureGridTests(ITestOutputHelper output) : IDisposable
{
    private readonly StartedProcesses _processes = new(output);

    [RedisFact]
    public async Task Two_workers_give_out_to_the_bit_what_one_process_does_while_vectors_are_asked_for()
    {
        string address = await _processes.RedisAsync();
        for (int worker = 0; worker < 2; worker++)
            Start("--role", "worker", "--redis", address, "--model", "internvit-nano", "--segments", "2", "--replicas", "1",
                "--devices", "cpu:0");
        string url = await Start("--role", "api", "--redis", address).ListeningAsync();
        await using GridAdministration grid = await GridAdministration.ConnectAsync(
            new() { Redis = address }, StartedProcess.Timeout, logging => logging.ClearProviders(), CancellationToken.None);
        await ClusterTests.StatusAsync(grid, served => ClusterTests.Nodes(served).Distinct().Count() == 2);

        string[] names = ["boat", "face", "fish", "house", "tree"];
        await using FeatureServer whole = new(segments: 1);
        await whole.StartAsync();
        using HttpClient client = new() { BaseAddress = new(url), Timeout = StartedProcess.Timeout };
        string image = Path.Combine(GoldenFiles.Repository, "docs", "images", "fish.png");
        await using SteadyLoad load = new(url, image, await SteadyLoad.EmbedAsync(
            client, new($"{url}/v1/embeddings"), await File.ReadAllBytesAsync(image)));
        foreach (string query in (string[])["?layers=all&outputs=cls,patches", "?layers=0,-1&layout=NCHW&dtype=fp16", "?layers=1"])
        {
            using MultipartFormDataContent form = FeatureServer.Form(names);
            using HttpResponseMessage answer = await client.PostAsync("/v1/features" + query, form);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            ReadTensors cut = new(await answer.Content.ReadAsByteArrayAsync()), expected = new(await whole.FeaturesAsync(query, names));
            Assert.Equal(expected.Names, cut.Names);
            Assert.All(expected.Names, name => Assert.Equal(expected.Numbers(name), cut.Numbers(name)));
        }
        await load.AnswerAsync(3);
    }

    public void Dispose() => _processes.Dispose();

    private StartedProcess Start(params string[] arguments) => _processes.Serve([.. arguments, .. ClusterTests.Patient]);
}
