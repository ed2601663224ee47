using System.Globalization;
using System.Net.Sockets;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using VitGrid.Model.Checkpoints;
using VitGrid.Runtime.Sessions;
using VitGrid.Testing;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Api.Features;

/// <summary>
/// Features with the real grid behind the front end, held against the hidden states of a session that <c>parity</c> compares with golden
/// ones: from a file over HTTP to numbers, whole and in segments.
/// </summary>
public sealed class FeatureWayTests(FeatureWayTests.Servers servers) : IClassFixture<FeatureWayTests.Servers>
{
    private static readonly string[] Names = ["boat", "face", "fish", "house", "tree"];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Every_layer_over_http_is_the_hidden_state_of_the_encoder_and_its_tokens_are_what_pooling_takes(int segments)
    {
        FeatureServer server = await servers.WithAsync(segments);
        ReadTensors tensors = new(await server.FeaturesAsync("?layers=all&outputs=cls,patches", Names));
        for (int image = 0; image < Names.Length; image++)
        {
            using Activation expected = FeatureServer.Encode(Names[image]);
            for (int layer = 0; layer <= FeatureServer.Depth; layer++)
            {
                float[] state = [.. tensors.Numbers($"images.{image}.layers.{layer}.cls"),
                    .. tensors.Numbers($"images.{image}.layers.{layer}.patches")];
                IsClose(expected.HiddenState(layer), state);
            }
            float[] cls = tensors.Numbers($"images.{image}.layers.{FeatureServer.Depth}.cls");
            float[] patches = tensors.Numbers($"images.{image}.layers.{FeatureServer.Depth}.patches");
            IsClose(await server.VectorAsync(Names[image], "cls"), cls);
            IsClose(await server.VectorAsync(Names[image], "mean"), Mean(patches, cls.Length));
        }
    }

    [Fact]
    public async Task Planes_are_rows_turned_and_halves_are_singles_rounded()
    {
        FeatureServer server = await servers.WithAsync(1);
        ReadTensors rows = new(await server.FeaturesAsync("?layers=2,-1", "fish")), planes = new(
            await server.FeaturesAsync("?layers=2,-1&layout=NCHW&dtype=fp16", "fish"));
        foreach (string name in rows.Names)
        {
            int[] shape = planes.Shape(name);
            float[] numbers = rows.Numbers(name);
            Assert.Equal((shape[1] * shape[2], shape[0]), (rows.Shape(name)[0], rows.Shape(name)[1]));
            Assert.Equal(
                from channel in Enumerable.Range(0, shape[0]) from patch in Enumerable.Range(0, shape[1] * shape[2])
                select (float)(Half)numbers[(patch * shape[0]) + channel],
                planes.Numbers(name));
        }
    }

    [Fact]
    public async Task Vectors_have_the_same_bits_before_beside_and_after_features_and_images_of_a_batch_have_those_of_one_alone()
    {
        await using FeatureServer server = new(segments: 2);
        await server.StartAsync();
        float[][] before = await server.VectorsAsync(Names);
        Task<byte[]>[] features = [.. Enumerable.Range(0, 4).Select(_ => server.FeaturesAsync("?layers=1,4&outputs=cls,patches", Names))];
        float[][] beside = await server.VectorsAsync(Names);
        byte[][] together = await Task.WhenAll(features);
        Assert.All(together, file => Assert.Equal(together[0], file));
        Assert.Equal(before.Select(Bits), beside.Select(Bits));
        Assert.Equal(before.Select(Bits), (await server.VectorsAsync(Names)).Select(Bits));
        ReadTensors all = new(together[0]), alone = new(await server.FeaturesAsync("?layers=1,4&outputs=cls,patches", "tree"));
        Assert.All(alone.Names, name => Assert.Equal(
            Bits(alone.Numbers(name)), Bits(all.Numbers(name.Replace("images.0", "images.4", StringComparison.Ordinal)))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public async Task A_client_that_takes_little_or_nothing_holds_its_window_and_no_more_while_others_are_answered(int bytesARound)
    {
        await using FeatureServer server = new(segments: 1, new() { WindowBytes = 1 << 20, HeldBytes = 3 << 20, MinBytesPerSecond = 1 });
        await server.StartAsync();
        // Sixty images of all layers are many times what the window, the sockets and Kestrel hold.
        using TcpClient slow = new() { ReceiveBufferSize = 16 << 10 };
        await slow.ConnectAsync("127.0.0.1", server.Http.BaseAddress!.Port);
        await WriteAsync(slow.GetStream(), "/v1/features?layers=all", 60);
        Assert.True(SpinWait.SpinUntil(() => server.Memory.Held > 0, TimeSpan.FromSeconds(30)), "nothing was computed");
        long most = 0;
        for (int round = 0; round < 10; round++)
        {
            await slow.GetStream().ReadExactlyAsync(new byte[bytesARound]);
            await server.FeaturesAsync("?layers=-1", "boat");
            await server.VectorsAsync(["fish"]);
            most = Math.Max(most, server.Memory.Held);
        }
        Assert.InRange(most, 1, (1 << 20) + FeatureServer.ImageBytes);
        // The slow one goes: what it held is free at once.
        slow.Close();
        Assert.True(SpinWait.SpinUntil(() => server.Memory.Held == 0, TimeSpan.FromSeconds(30)), $"{server.Memory.Held} are still held");
    }

    [Theory]
    [InlineData("internvl-remote", 1)]
    [InlineData("internvl-hf", 2)]
    public async Task A_chat_models_tokens_come_over_http_as_its_projector_makes_them(string model, int segments)
    {
        string folder = GoldenFiles.PathOf("chat", model);
        await using FeatureServer server = new(segments, folder: folder);
        await server.StartAsync();
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        ReadTensors tensors = new(await server.FeaturesAsync("?outputs=visual_tokens", Names));
        ReadTensors halves = new(await server.FeaturesAsync("?outputs=visual_tokens&dtype=bf16", Names));
        ReadTensors both = new(await server.FeaturesAsync("?outputs=cls,visual_tokens&layers=1", Names));
        Assert.Equal(Names.Select((_, image) => $"images.{image}.visual_tokens"), tensors.Names);
        for (int image = 0; image < Names.Length; image++)
        {
            using Activation expected = FeatureServer.Encode(Names[image], checkpoint);
            float[] tokens = MemoryMarshal.Cast<byte, float>(expected.VisualTokensOf(0)).ToArray();
            string name = $"images.{image}.visual_tokens";
            Assert.Equal((4, 16), (tensors.Shape(name)[0], tensors.Shape(name)[1]));
            IsClose(tokens, tensors.Numbers(name));
            Assert.Equal(Bits(tensors.Numbers(name)), Bits(both.Numbers(name)));
            float[] brain = halves.Numbers(name);
            Assert.All(brain, number => Assert.Equal(0, BitConverter.SingleToInt32Bits(number) & 0xFFFF));
            Assert.All(tokens.Zip(brain), pair => Assert.InRange(pair.Second, pair.First - (Math.Abs(pair.First) / 256) - 1e-5f,
                pair.First + (Math.Abs(pair.First) / 256) + 1e-5f));
        }
        Assert.Equal(5 * (1 + 1), both.Names.Count);
    }

    [Theory]
    [InlineData("pub-dinov2-registers", 1)]
    [InlineData("pub-dinov2-registers", 2)]
    public async Task Registers_are_no_patches_and_the_norm_after_the_last_block_is_where_it_is_asked_for(string model, int segments)
    {
        string folder = GoldenFiles.PathOf("vits", model);
        await using FeatureServer server = new(segments, folder: folder);
        await server.StartAsync();
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        (int depth, int width, int prefix) = (
            checkpoint.Architecture.Depth, checkpoint.Architecture.Width, checkpoint.Architecture.PrefixTokens);
        using Activation expected = FeatureServer.Encode("fish", checkpoint);
        foreach (string norm in (string[])["", "&norm=last", "&norm=all", "&norm=none"])
        {
            ReadTensors tensors = new(await server.FeaturesAsync("?layers=all&outputs=cls,registers,patches" + norm, "fish"));
            Assert.Equal(norm.Length == 0 ? "last" : norm[6..], tensors.Metadata("norm"));
            Assert.Equal(prefix - 1, tensors.Shape("images.0.layers.0.registers")[0]);
            for (int layer = 0; layer <= depth; layer++)
            {
                float[] all = [.. new[] { "cls", "registers", "patches" }.SelectMany(
                    part => tensors.Numbers($"images.0.layers.{layer}.{part}"))];
                bool normed = norm == "&norm=all" || (layer == depth && norm != "&norm=none");
                if (!normed)
                    IsClose(expected.HiddenState(layer), all);
                else if (layer == depth)
                    IsClose(expected.NormedState(layer), all);
                else
                    Assert.NotEqual(expected.HiddenState(layer), all);
            }
        }
        ReadTensors last = new(await server.FeaturesAsync("?outputs=cls,patches", "fish"));
        IsClose(await server.VectorAsync("fish", "cls"), last.Numbers($"images.0.layers.{depth}.cls"));
        IsClose(await server.VectorAsync("fish", "mean"), Mean(last.Numbers($"images.0.layers.{depth}.patches"), width));
    }

    [Fact]
    public async Task Tiles_of_images_of_different_shapes_have_their_tokens_one_behind_another_and_the_thumbnails_last()
    {
        string folder = GoldenFiles.PathOf("chat", "internvl-remote");
        await using FeatureServer server = new(segments: 2, folder: folder);
        await server.StartAsync();
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        using MultipartFormDataContent form = FeatureServer.Form(["boat"]);
        string wide = Path.Combine(GoldenFiles.Repository, "tests", "Golden", "preprocess", "images", "wide.png");
        form.Add(new ByteArrayContent(await System.IO.File.ReadAllBytesAsync(wide)), "file", "wide.png");
        using HttpResponseMessage answer = await server.Http.PostAsync("/v1/features?outputs=visual_tokens&tiling=1,6,true", form);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        ReadTensors tensors = new(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(["images.0.tiles", "images.1.tiles", "images.0.visual_tokens", "images.1.visual_tokens"], tensors.Names);
        long[][] grids = [tensors.Integers("images.0.tiles"), tensors.Integers("images.1.tiles")];
        int[] inputs = [.. grids.Select(grid => (int)((grid[0] * grid[1]) + grid[2]))];
        Assert.Equal((6L, 1L, 1L), (grids[1][0], grids[1][1], grids[1][2]));
        int tokens = (inputs[0] + inputs[1]) * 17;
        Assert.Equal($"images=2,tokens={tokens}", Assert.Single(answer.Headers.GetValues("x-vitgrid-usage")));
        Assert.Equal($"{tokens}", tensors.Metadata("total_tokens"));
        byte[][] files = [FeatureServer.File("boat"), await System.IO.File.ReadAllBytesAsync(wide)];
        for (int image = 0; image < 2; image++)
        {
            float[] expected = FeatureServer.EncodeTiles(files[image], checkpoint, new(1, 6, true));
            Assert.Equal((inputs[image] * 4, 16), (tensors.Shape($"images.{image}.visual_tokens")[0], tensors.Shape(
                $"images.{image}.visual_tokens")[1]));
            IsClose(expected, tensors.Numbers($"images.{image}.visual_tokens"));
        }
    }

    [Theory]
    [InlineData("?tiling=1,6,true", "tiling", "send outputs")]
    [InlineData("?tiling=1,6,true&outputs=visual_tokens,cls", "tiling", "send outputs")]
    [InlineData("?tiling=6,1,true&outputs=visual_tokens", "tiling", "out of range")]
    [InlineData("?tiling=1,65,true&outputs=visual_tokens", "tiling", "at most 64")]
    [InlineData("?tiling=one&outputs=visual_tokens", "tiling", "such as 1,12,true")]
    [InlineData("?tiling=1,6,true&outputs=visual_tokens&format=npy", "format", "differ in length")]
    public async Task Tilings_that_are_none_are_refused(string query, string param, string words)
    {
        FeatureServer server = await servers.ChatAsync();
        using MultipartFormDataContent form = FeatureServer.Form(["boat"]);
        using HttpResponseMessage answer = await server.Http.PostAsync("/v1/features" + query, form);
        new Answer(answer, await answer.Content.ReadAsStringAsync()).IsRefusal(400, "invalid_request", param, words);
    }

    [Fact]
    public async Task What_was_sent_is_counted_by_model()
    {
        FeatureServer server = await servers.WithAsync(1);
        await server.FeaturesAsync("", "boat");
        // The meters of a process are heard by every host in it: other servers' bytes may be among them.
        double bytes = (await server.Http.GetStringAsync("/metrics")).Split('\n').Where(
            line => line.StartsWith("vitgrid_features_sent_bytes_total{", StringComparison.Ordinal)
                && line.Contains("model=\"internvit-nano\"", StringComparison.Ordinal)).Sum(
            line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
        Assert.InRange(bytes, FeatureServer.ImageBytes / (FeatureServer.Depth + 1), double.MaxValue);
    }

    [Fact]
    public async Task An_answer_of_many_windows_is_whole()
    {
        await using FeatureServer server = new(segments: 1, new() { WindowBytes = 1 << 20 });
        await server.StartAsync();
        string[] names = [.. Enumerable.Range(0, 40).Select(i => Names[i % Names.Length])];
        ReadTensors tensors = new(await server.FeaturesAsync("?layers=0,4", names));
        Assert.True(tensors.IsWhole);
        for (int image = Names.Length; image < names.Length; image++)
        {
            float[] first = tensors.Numbers($"images.{image % Names.Length}.layers.4.patches");
            Assert.Equal(Bits(first), Bits(tensors.Numbers($"images.{image}.layers.4.patches")));
        }
    }

    private static void IsClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        float[] difference = new float[expected.Length];
        TensorPrimitives.Subtract(expected, actual, difference);
        Assert.InRange(Math.Abs(TensorPrimitives.MaxMagnitude(difference)), 0, 2e-5f);
        Assert.InRange(TensorPrimitives.CosineSimilarity(expected, actual), 0.999999f, 1.000001f);
    }

    private static float[] Mean(float[] rows, int width) =>
        [.. Enumerable.Range(0, width).Select(channel => (float)Enumerable.Range(0, rows.Length / width).Average(
            row => (double)rows[(row * width) + channel]))];

    private static int[] Bits(float[] vector) => Array.ConvertAll(vector, BitConverter.SingleToInt32Bits);

    private static async Task WriteAsync(NetworkStream stream, string path, int images)
    {
        using MultipartFormDataContent form = FeatureServer.Form([.. Enumerable.Repeat("boat", images)]);
        byte[] body = await form.ReadAsByteArrayAsync();
        string head = string.Create(CultureInfo.InvariantCulture, $"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
            + $"Content-Type: {form.Headers.ContentType}\r\nContent-Length: {body.Length}\r\n\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        await stream.WriteAsync(body);
    }

    /// <summary>Servers that tests share, by the number of segments.</summary>
    public sealed class Servers : IAsyncLifetime
    {
        private readonly Dictionary<int, FeatureServer> _servers = [];

        internal async Task<FeatureServer> WithAsync(int segments)
        {
            if (!_servers.TryGetValue(segments, out FeatureServer? server))
            {
                _servers[segments] = server = new(segments);
                await server.StartAsync();
            }
            return server;
        }

        /// <summary>A server of a chat model.</summary>
        internal async Task<FeatureServer> ChatAsync()
        {
            if (!_servers.TryGetValue(0, out FeatureServer? server))
            {
                _servers[0] = server = new(1, folder: GoldenFiles.PathOf("chat", "internvl-remote"));
                await server.StartAsync();
            }
            return server;
        }

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            foreach (FeatureServer server in _servers.Values)
                await server.DisposeAsync();
        }
    }
}
