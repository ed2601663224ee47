using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VitGrid.Client;
using VitGrid.Grains;
using VitGrid.Model.Segments;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Api;

/// <summary>The door with the real grid and the bundled model behind it.</summary>
public sealed class WholeWayTests(WholeWayTests.Server server) : IClassFixture<WholeWayTests.Server>
{
    private static readonly string[] Names = ["boat", "face", "fish", "house", "tree", "boat-closer", "face-turned", "fish-turned"];

    [Fact]
    public async Task The_same_picture_has_the_same_bits_alone_in_a_batch_in_every_form_and_from_the_cache()
    {
        byte[][] pictures = [.. Names.Select(Picture)];
        IReadOnlyList<float[]> together = await server.Client.EmbedAsync(Memory(pictures), new() { Cache = "bypass" });
        for (int i = 0; i < pictures.Length; i++)
        {
            float[] alone = (await server.Client.EmbedAsync(Memory(pictures[i]), new() { Cache = "bypass" }))[0];
            Assert.Equal(Bits(together[i]), Bits(alone));
        }
        EmbeddingsRequest asked = new() { Input = [Convert.ToBase64String(pictures[0])] };
        foreach (string cache in (string[])["refresh", "use", "bypass"])
        {
            EmbeddingsResponse numbers = await server.Client.SendAsync(asked with { Cache = cache });
            Assert.Equal(Bits(together[0]), Bits(numbers.Data[0].Embedding!.ToSingles()));
        }
        EmbeddingResult direct = await server.Embedder.EmbedAsync(new() { Model = "internvit-nano", Image = pictures[0] }, default);
        Assert.Equal(Bits(together[0]), Bits(VectorEncoding.Normalize(direct.Vector.Span)));
    }

    [Fact]
    public async Task A_picture_is_nearer_to_its_closer_view_than_to_any_other()
    {
        IReadOnlyList<float[]> vectors = await server.Client.EmbedAsync(Memory([.. Names.Select(Picture)]));
        double[] toBoat = [.. vectors.Select(vector => vector.Zip(vectors[0]).Sum(pair => (double)pair.First * pair.Second))];
        Assert.Equal(Array.IndexOf(Names, "boat-closer"), Enumerable.Range(1, Names.Length - 1).MaxBy(i => toBoat[i]));
    }

    [Fact]
    public async Task Every_malformed_file_is_refused_or_embedded_and_the_next_good_one_is_answered()
    {
        foreach (string file in Directory.EnumerateFiles(GoldenFiles.PathOf("malformed")))
        {
            using ByteArrayContent body = new(await File.ReadAllBytesAsync(file));
            body.Headers.ContentType = new("image/png");
            using HttpResponseMessage answer = await server.Http.PostAsync("/v1/embeddings", body);
            string said = await answer.Content.ReadAsStringAsync();
            Assert.True((int)answer.StatusCode is 200 or 400 or 413 or 415, $"{file}: {(int)answer.StatusCode} {said}");
        }
        Assert.Single(await server.Client.EmbedAsync(Memory(Picture("tree"))));
    }

    private static byte[] Picture(string name) => File.ReadAllBytes(Path.Combine(GoldenFiles.Repository, "docs", "pictures", name + ".png"));

    private static ReadOnlyMemory<byte>[] Memory(params byte[][] pictures) => [.. pictures.Select(picture => picture.AsMemory())];

    private static int[] Bits(float[] vector) => Array.ConvertAll(vector, BitConverter.SingleToInt32Bits);

    public sealed class Server : IAsyncLifetime
    {
        private readonly WebApplication _app = ServerHost.Create(
            new(),
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.AddGrid(new ServerOptions().ToGrid(name => new ModelLocation(name, GoldenFiles.Nano), "internvit-nano", Precision.Fp32));
            },
            "http://127.0.0.1:0");

        public HttpClient Http { get; } = new();

        public VitGridClient Client => new(Http);

        public Embedder Embedder => _app.Services.GetRequiredService<Embedder>();

        public async Task InitializeAsync()
        {
            await _app.StartAsync();
            await _app.Services.GetRequiredService<ModelCatalog>().WhenLoadedAsync();
            Http.BaseAddress = new Uri(_app.Urls.Single());
        }

        public async Task DisposeAsync()
        {
            Http.Dispose();
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }
}
