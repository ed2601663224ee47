using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VitGrid.Client;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Execution;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Api;

/// <summary>The front end with the real grid and the bundled model behind it.</summary>
public sealed class WholeWayTests(WholeWayTests.Server server) : IClassFixture<WholeWayTests.Server>
{
    private static readonly string[] Names = ["boat", "face", "fish", "house", "tree", "boat-closer", "face-turned", "fish-turned"];

    [Fact]
    public async Task The_same_image_has_the_same_bits_alone_in_a_batch_in_every_form_and_from_the_cache()
    {
        byte[][] images = [.. Names.Select(Image)];
        IReadOnlyList<float[]> together = await server.Client.EmbedAsync(Memory(images), new() { Cache = "bypass" });
        for (int i = 0; i < images.Length; i++)
        {
            float[] alone = (await server.Client.EmbedAsync(Memory(images[i]), new() { Cache = "bypass" }))[0];
            Assert.Equal(Bits(together[i]), Bits(alone));
        }
        EmbeddingsRequest asked = new() { Input = [Convert.ToBase64String(images[0])] };
        foreach (string cache in (string[])["refresh", "use", "bypass"])
        {
            EmbeddingsResponse numbers = await server.Client.SendAsync(asked with { Cache = cache });
            Assert.Equal(Bits(together[0]), Bits(numbers.Data[0].Embedding!.ToSingles()));
        }
        EmbeddingResult direct = await server.Embedder.EmbedAsync(new() { Model = "internvit-nano", Image = images[0] }, default);
        Assert.Equal(Bits(together[0]), Bits(VectorEncoding.Normalize(direct.Vector.Span)));
    }

    [Fact]
    public async Task Three_segments_on_three_devices_give_the_same_bits_over_http_as_one()
    {
        Server segmented = new(segments: 3);
        await segmented.InitializeAsync();
        try
        {
            ReadOnlyMemory<byte>[] images = Memory([.. Names.Select(Image)]);
            IReadOnlyList<float[]> whole = await server.Client.EmbedAsync(images, new() { Cache = "bypass" });
            IReadOnlyList<float[]> cut = await segmented.Client.EmbedAsync(images, new() { Cache = "bypass" });
            Assert.Equal(3, (await segmented.Client.ModelsAsync())[0].Segments.Count);
            Assert.Equal(whole.Select(Bits), cut.Select(Bits));
        }
        finally
        {
            await segmented.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_image_is_nearer_to_its_closer_view_than_to_any_other()
    {
        IReadOnlyList<float[]> vectors = await server.Client.EmbedAsync(Memory([.. Names.Select(Image)]));
        double[] toBoat = [.. vectors.Select(vector => vector.Zip(vectors[0]).Sum(pair => (double)pair.First * pair.Second))];
        Assert.Equal(Array.IndexOf(Names, "boat-closer"), Enumerable.Range(1, Names.Length - 1).MaxBy(i => toBoat[i]));
    }

    [Fact]
    public async Task A_phone_photo_is_turned_when_asked_under_a_cache_key_of_its_own_and_else_the_answer_tells()
    {
        byte[] turned = File.ReadAllBytes(GoldenFiles.PathOf("preprocess", "images", "exif-6.jpg"));
        EmbeddingsRequest request = new() { Input = [Convert.ToBase64String(turned)] };
        EmbeddingsResponse ignored = await server.Client.SendAsync(request), applied = await server.Client.SendAsync(
            request with { Exif = "apply" });
        Assert.Contains("EXIF orientation ignored: input[0] (6)", Assert.Single(ignored.Hints!), StringComparison.Ordinal);
        Assert.Null(applied.Hints);
        Assert.NotEqual(Bits(ignored.Data[0].Embedding!.ToSingles()), Bits(applied.Data[0].Embedding!.ToSingles()));
        foreach (string? exif in (string?[])[null, "ignore", "apply"])
        {
            EmbeddingsResponse cached = await server.Client.SendAsync(request with { Exif = exif });
            EmbeddingsResponse computed = await server.Client.SendAsync(request with { Exif = exif, Cache = "bypass" });
            Assert.Equal(Bits(computed.Data[0].Embedding!.ToSingles()), Bits(cached.Data[0].Embedding!.ToSingles()));
            Assert.Equal(exif is null, cached.Hints is not null);
        }
    }

    public static TheoryData<string, string> MalformedFiles()
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(GoldenFiles.PathOf("malformed", "manifest.json")));
        TheoryData<string, string> files = [];
        foreach (JsonElement entry in manifest.RootElement.EnumerateArray())
            files.Add(entry.GetProperty("file").GetString()!, entry.GetProperty("category").GetString()!);
        return files;
    }

    [Theory]
    [MemberData(nameof(MalformedFiles))]
    public async Task A_malformed_file_gets_its_status_and_code_and_the_next_good_one_is_answered(string file, string category)
    {
        using ByteArrayContent body = new(await File.ReadAllBytesAsync(GoldenFiles.PathOf(file)));
        body.Headers.ContentType = new("image/png");
        using HttpResponseMessage answer = await server.Http.PostAsync("/v1/embeddings", body);
        string said = await answer.Content.ReadAsStringAsync();

        Assert.Contains(((int)answer.StatusCode, CodeOf(said)), Allowed(category));
        Assert.Single(await server.Client.EmbedAsync(Memory(Image("tree"))));
    }

    private static (int Status, string Code)[] Allowed(string category) => category switch
    {
        "empty" => [(400, "invalid_request")],
        "unknown-format" => [(415, "unsupported_image_format")],
        // A file cut off in its signature cannot be told from an unknown format.
        "truncated" => [(400, "image_decode_failed"), (415, "unsupported_image_format")],
        "corrupt" => [(400, "image_decode_failed")],
        "too-large" => [(413, "image_too_large")],
        "valid-but-crop-mode-must-bound" => [(200, "")],
        "either" or "either-but-bounded" => [(200, ""), (400, "image_decode_failed")],
        _ => throw new InvalidDataException($"the manifest has a new category '{category}'"),
    };

    private static string CodeOf(string answer)
    {
        using JsonDocument document = JsonDocument.Parse(answer);
        return document.RootElement.TryGetProperty("error", out JsonElement error) ? error.GetProperty("code").GetString()! : "";
    }

    private static byte[] Image(string name) => File.ReadAllBytes(Path.Combine(GoldenFiles.Repository, "docs", "images", name + ".png"));

    private static ReadOnlyMemory<byte>[] Memory(params byte[][] images) => [.. images.Select(image => image.AsMemory())];

    private static int[] Bits(float[] vector) => Array.ConvertAll(vector, BitConverter.SingleToInt32Bits);

    public sealed class Server : IAsyncLifetime
    {
        private readonly WebApplication _app;

        public Server()
            : this(segments: 1)
        {
        }

        internal Server(int segments)
        {
            ServerOptions options = new()
            {
                Models = [new ModelSettings { Model = "internvit-nano", Segments = segments }],
                Devices = [.. Enumerable.Range(0, segments).Select(i => ExecutionBackends.Processor with { Ordinal = i })],
            };
            _app = ServerHost.Create(
                options,
                builder =>
                {
                    builder.Logging.ClearProviders();
                    builder.AddGrid(options.ToGrid(name => new ModelLocation(name, GoldenFiles.Nano), "internvit-nano", Precision.Fp32));
                },
                "http://127.0.0.1:0");
        }

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
