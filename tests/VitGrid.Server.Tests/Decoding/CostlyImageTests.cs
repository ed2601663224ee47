using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Decoding;

/// <summary>Images that cost out of all proportion, sent to a server that is a process of its own, with its decoding processes.</summary>
public sealed class CostlyImageTests
{
    private const long Gibibyte = 1L << 30;

    private static readonly string Scans = GoldenFiles.PathOf("bombs", "progressive-882-scans-4096.jpg");
    private static readonly string Inks = GoldenFiles.PathOf("bombs", "progressive-cmyk-7000.jpg");
    private static readonly string Samples = GoldenFiles.PathOf("bombs", "samples-4000.tif");
    private static readonly string Fish = Path.Combine(GoldenFiles.Repository, "docs", "images", "fish.png");

    [Theory]
    // Of a limit of 1 GiB, 384 MiB for one image: too little for the coefficients of the inks.
    [InlineData("0x40000000", 0, 413)]
    // With more the four of them are decoded one after another.
    [InlineData("0xC0000000", 900_000_000, 200)]
    public async Task Sent_at_once_they_are_refused_by_name_or_wait_for_each_other_while_others_are_answered(
        string limit, long decodeBytes, int inks)
    {
        if (!OperatingSystem.IsLinux())
            return;
        string[] settings = decodeBytes > 0 ? [$"--VitGrid:Images:MaxDecodeBytes={decodeBytes}"] : [];
        using StartedProcess server = Start([("DOTNET_GCHeapHardLimit", limit)], settings);
        string url = await server.ReadyAsync();
        using HttpClient client = new() { Timeout = StartedProcess.Timeout };
        Uri address = new($"{url}/v1/embeddings?cache=bypass");
        float[] alone = await SteadyLoad.EmbedAsync(client, address, await File.ReadAllBytesAsync(Fish));
        using CancellationTokenSource over = new();
        Task<long> memory = WatchAsync(new(server.Id), over.Token);

        (int Status, string Code)[] answers;
        await using (SteadyLoad load = new(url, Fish, alone))
        {
            Task<(int, string)>[] attack = [.. ((string[])[Inks, Scans, Samples]).SelectMany(file => Enumerable.Repeat(file, 4))
                .Select(file => PostAsync(client, address, file))];
            await load.AnswerAsync(10);
            answers = await Task.WhenAll(attack).WaitAsync(StartedProcess.Timeout);
            await load.AnswerAsync(2);
        }
        await over.CancelAsync();

        Assert.Equal(Enumerable.Repeat((inks, inks == 200 ? "" : "image_too_large"), 4), answers[..4]);
        Assert.Equal(Enumerable.Repeat((413, "image_too_large"), 4), answers[4..8]);
        Assert.Equal(Enumerable.Repeat((415, "unsupported_image_format"), 4), answers[8..]);
        Assert.InRange(await memory, 1, inks == 200 ? 2 * Gibibyte : Gibibyte);
        Assert.True(!ProcessTree.IsGone(server.Id), server.Said);
    }

    [Fact]
    public async Task A_decoding_process_that_is_killed_amid_an_image_costs_neither_that_image_nor_the_next()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using StartedProcess server = Start([], ["--VitGrid:Images:MaxDecodeBytes=4000000000"]);
        Uri address = new($"{await server.ReadyAsync()}/v1/embeddings?cache=bypass");
        using HttpClient client = new() { Timeout = StartedProcess.Timeout };
        Task<(int Status, string Code)> costly = PostAsync(client, address, Inks);
        int decoder = await AmidAsync(server.Id);
        using (Process child = Process.GetProcessById(decoder))
            child.Kill();
        Assert.Equal((200, ""), await costly);
        Assert.NotEmpty(await SteadyLoad.EmbedAsync(client, address, await File.ReadAllBytesAsync(Fish)));
        Assert.DoesNotContain(decoder, new ProcessTree(server.Id).Decoders);
    }

    [Fact]
    public async Task No_decoding_process_outlives_a_server_that_is_killed_amid_an_image()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using StartedProcess server = Start([], ["--VitGrid:Images:MaxDecodeBytes=4000000000"]);
        Uri address = new($"{await server.ReadyAsync()}/v1/embeddings?cache=bypass");
        using HttpClient client = new() { Timeout = StartedProcess.Timeout };
        Task<(int, string)> costly = PostAsync(client, address, Inks);
        await AmidAsync(server.Id);
        IReadOnlyList<int> decoders = new ProcessTree(server.Id).Decoders;
        server.Kill();
        await ProcessTree.UntilAsync(() => decoders.All(ProcessTree.IsGone), "the decoding processes end", TimeSpan.FromSeconds(30));
        Assert.NotEmpty(decoders);
        await Assert.ThrowsAsync<HttpRequestException>(() => costly);
    }

    [Fact]
    public async Task An_image_that_takes_longer_than_its_limit_is_refused_by_name_and_its_process_ended()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using StartedProcess server = Start([], ["--VitGrid:Images:MaxDecodeMilliseconds=5000"]);
        Uri address = new($"{await server.ReadyAsync()}/v1/embeddings?cache=bypass");
        using HttpClient client = new() { Timeout = StartedProcess.Timeout };
        float[] alone = await SteadyLoad.EmbedAsync(client, address, await File.ReadAllBytesAsync(Fish));
        int frozen = Assert.Single(new ProcessTree(server.Id).Decoders);
        using (Process stop = Process.Start("kill", $"-STOP {frozen}"))
            await stop.WaitForExitAsync();
        Assert.Equal((413, "image_too_large"), await PostAsync(client, address, Fish));
        Assert.True(ProcessTree.IsGone(frozen));
        Assert.Equal(alone, await SteadyLoad.EmbedAsync(client, address, await File.ReadAllBytesAsync(Fish)));
    }

    private static StartedProcess Start(IEnumerable<(string, string)> environment, string[] settings) =>
        StartedProcess.VitGrid(environment, ["serve", "--urls", "http://127.0.0.1:0", "--VitGrid:Images:DecodeThreads=2", .. settings]);

    /// <summary>Waits until a process holds what only a costly image takes.</summary>
    private static async Task<int> AmidAsync(int server)
    {
        ProcessTree tree = new(server);
        int found = 0;
        await ProcessTree.UntilAsync(
            () => (found = tree.Decoders.FirstOrDefault(id => ProcessTree.Resident(id) > 250_000_000)) != 0,
            "a decode", StartedProcess.Timeout);
        return found;
    }

    private static async Task<long> WatchAsync(ProcessTree tree, CancellationToken over)
    {
        long most = 0;
        while (!over.IsCancellationRequested)
        {
            most = Math.Max(most, tree.Memory);
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }
        return most;
    }

    private static async Task<(int Status, string Code)> PostAsync(HttpClient client, Uri address, string file)
    {
        using ByteArrayContent body = new(await File.ReadAllBytesAsync(file));
        body.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        using HttpResponseMessage answer = await client.PostAsync(address, body);
        string json = await answer.Content.ReadAsStringAsync();
        return answer.StatusCode == HttpStatusCode.OK
            ? (200, "")
            : ((int)answer.StatusCode, JsonDocument.Parse(json).RootElement.GetProperty("error").GetProperty("code").GetString()!);
    }
}
