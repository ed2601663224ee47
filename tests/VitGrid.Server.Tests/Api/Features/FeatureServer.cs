using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VitGrid.Client;
using VitGrid.Engine.Features;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Runtime.Sessions;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Api.Features;

/// <summary>A server of the bundled model, or of another, and what a session alone makes of the same images.</summary>
internal sealed class FeatureServer : IAsyncDisposable
{
    private static readonly Checkpoint Nano = Checkpoint.Open(GoldenFiles.Nano);
    private static readonly PreprocessProfile Profile = PreprocessProfile.Resolve(null, Nano.Preprocessing);
    private readonly WebApplication _app;

    public FeatureServer(int segments, FeatureOptions? features = null, string? folder = null)
    {
        string model = folder is null ? "internvit-nano" : Path.GetFileName(folder);
        ServerOptions options = new()
        {
            Models = [new ModelSettings { Model = model, Segments = segments }],
            Devices = [.. Enumerable.Range(0, segments).Select(i => ExecutionBackends.Processor with { Ordinal = i })],
            Features = features ?? new(),
        };
        _app = ServerHost.Create(
            options,
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.AddGrid(options.ToGrid(name => new ModelLocation(name, folder ?? GoldenFiles.Nano), model, Precision.Fp32));
            },
            "http://127.0.0.1:0");
    }

    public static int Depth => Nano.Architecture.Depth;

    /// <summary>Bytes of all layers of an image.</summary>
    public static long ImageBytes => new FeatureOrder
    {
        Layers = [.. Enumerable.Range(0, Depth + 1)],
        Parts = FeatureParts.Patches,
    }.Bytes(FeatureShape.From(Nano.Architecture, Profile.Size));

    public HttpClient Http { get; } = new();

    public FeatureMemory Memory => _app.Services.GetRequiredService<FeatureMemory>();

    public async Task StartAsync()
    {
        await _app.StartAsync();
        await _app.Services.GetRequiredService<ModelCatalog>().WhenLoadedAsync();
        Http.BaseAddress = new Uri(_app.Urls.Single());
    }

    public async Task<byte[]> FeaturesAsync(string query, params string[] names)
    {
        using MultipartFormDataContent form = Form(names);
        using HttpResponseMessage answer = await Http.PostAsync("/v1/features" + query, form);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadAsByteArrayAsync();
    }

    public async Task<float[]> VectorAsync(string name, string pooling) => (await new VitGridClient(Http).SendAsync(new()
    {
        Input = [Convert.ToBase64String(File(name))],
        Pooling = pooling,
        Normalize = false,
        Cache = "bypass",
    })).Data[0].Embedding!.ToSingles();

    public async Task<float[][]> VectorsAsync(string[] names) => [.. await new VitGridClient(Http).EmbedAsync(
        [.. names.Select(name => (ReadOnlyMemory<byte>)File(name))], new() { Cache = "bypass" })];

    /// <summary>All hidden states of an image, by a session alone.</summary>
    public static Activation Encode(string name, Checkpoint? model = null)
    {
        Checkpoint checkpoint = model ?? Nano;
        PreprocessProfile profile = PreprocessProfile.Resolve(null, checkpoint.Preprocessing);
        byte[] pixels = new byte[profile.Size.PixelBytes];
        ImagePreprocessor decoder = new(new());
        byte[] file = File(name);
        decoder.Decode(new(file, profile, decoder.Measure(file, profile)), pixels, default);
        using ISegmentSession session = ExecutionBackends.Processor.Backend.Load(checkpoint, new()
        {
            Blocks = new(0, checkpoint.Architecture.Depth),
            InputSize = profile.Size,
            Device = ExecutionBackends.Processor,
            HiddenStates = true,
            VisualTokens = true,
        });
        return session.RunPixels([pixels]);
    }

    /// <summary>The visual tokens of an image's tiles, each computed alone by a session.</summary>
    public static float[] EncodeTiles(byte[] file, Checkpoint checkpoint, ImageTiling tiling)
    {
        PreprocessProfile profile = PreprocessProfile.Resolve(null, checkpoint.Preprocessing).WithTiling(tiling);
        ImagePreprocessor decoder = new(new());
        DecodeCost cost = decoder.Measure(file, profile);
        byte[] pixels = new byte[cost.Inputs * profile.Size.PixelBytes];
        decoder.Decode(new(file, profile, cost), pixels, default);
        using ISegmentSession session = ExecutionBackends.Processor.Backend.Load(checkpoint, new()
        {
            Blocks = new(0, checkpoint.Architecture.Depth),
            InputSize = profile.Size,
            Device = ExecutionBackends.Processor,
            VisualTokens = true,
        });
        List<float> tokens = [];
        foreach (byte[] tile in pixels.Chunk(profile.Size.PixelBytes))
        {
            using Activation activation = session.RunPixels([tile]);
            tokens.AddRange(MemoryMarshal.Cast<byte, float>(activation.VisualTokensOf(0)));
        }
        return [.. tokens];
    }

    /// <summary>The class token's vector of each tile of an image, computed alone by a session.</summary>
    public static float[][] EncodeTileVectors(byte[] file, Checkpoint checkpoint, ImageTiling tiling)
    {
        PreprocessProfile profile = PreprocessProfile.Resolve(null, checkpoint.Preprocessing).WithTiling(tiling);
        ImagePreprocessor decoder = new(new());
        DecodeCost cost = decoder.Measure(file, profile);
        byte[] pixels = new byte[cost.Inputs * profile.Size.PixelBytes];
        decoder.Decode(new(file, profile, cost), pixels, default);
        using ISegmentSession session = ExecutionBackends.Processor.Backend.Load(checkpoint, new()
        {
            Blocks = new(0, checkpoint.Architecture.Depth),
            InputSize = profile.Size,
            Device = ExecutionBackends.Processor,
        });
        return [.. pixels.Chunk(profile.Size.PixelBytes).Select(tile =>
        {
            using Activation activation = session.RunPixels([tile]);
            float[] pooled = new float[activation.PooledWidth(checkpoint.Architecture.Depth)];
            activation.CopyPooled(checkpoint.Architecture.Depth, 0, pooled);
            return pooled[..checkpoint.Architecture.Width];
        })];
    }

    public static MultipartFormDataContent Form(string[] names)
    {
        MultipartFormDataContent form = [];
        foreach (string name in names)
            form.Add(new ByteArrayContent(File(name)), "file", name + ".png");
        return form;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    public static byte[] File(string name) =>
        System.IO.File.ReadAllBytes(Path.Combine(GoldenFiles.Repository, "docs", "images", name + ".png"));
}
