using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Features;
using VitGrid.Engine.Requests;
using VitGrid.Server.Hosting.Options;
using VitGrid.Testing;

namespace VitGrid.Server.Tests.Api.Features;

/// <summary>Requests and answers of <c>POST /v1/features</c>, a played grid behind it: 4 blocks of width 8, 8 x 8 patches.</summary>
public sealed class FeatureFormTests : IAsyncLifetime
{
    private const int Width = FakeGrid.Width, Patches = 64;
    private static readonly ServerOptions Small = new() { Features = new() { MaxBytes = 1 << 16, WindowBytes = 1 << 16 } };

    private readonly FakeGrid _grid = new();
    private TestApi _api = null!;

    public async Task InitializeAsync() => _api = await OpenAsync(new());

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task A_file_of_tensors_has_each_image_layer_and_kind_of_token_by_its_name()
    {
        (HttpResponseMessage answer, byte[] body) = await JsonAsync(new
        {
            input = new[] { Base64(0), Base64(1) },
            layers = new[] { -1, 0, 4 },
            outputs = new[] { "patches", "cls" },
        });
        Assert.Equal("application/vnd.safetensors", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(body.Length, answer.Content.Headers.ContentLength);
        Assert.Equal("images=2,tokens=130", Assert.Single(answer.Headers.GetValues("x-vitgrid-usage")));
        ReadTensors tensors = new(body);
        Assert.True(tensors.IsWhole);
        Assert.Equal(
            from image in (int[])[0, 1] from layer in (int[])[0, 4] from part in (string[])["cls", "patches"]
            select $"images.{image}.layers.{layer}.{part}",
            tensors.Names);
        Assert.Equal(("0,4", "NLC", "8x8", "2", "130"), (tensors.Metadata("layers"), tensors.Metadata("layout"), tensors.Metadata("grid"),
            tensors.Metadata("images"), tensors.Metadata("total_tokens")));
        Assert.Equal([Width], tensors.Shape("images.1.layers.4.cls"));
        Assert.Equal([Patches, Width], tensors.Shape("images.1.layers.4.patches"));
        Assert.Equal(Rows(1, 4, 0, 1), tensors.Numbers("images.1.layers.4.cls"));
        Assert.Equal(Rows(0, 0, 1, 65), tensors.Numbers("images.0.layers.0.patches"));
        Assert.All(_grid.Asked, asked => Assert.Equal(CacheUse.Bypass, asked.Cache));
    }

    [Fact]
    public async Task Planes_in_half_precision_are_asked_for_in_the_query_of_a_raw_image()
    {
        (HttpResponseMessage answer, byte[] body) = await RawAsync("?layers=2&layout=NCHW&dtype=fp16");
        ReadTensors tensors = new(body);
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal([Width, 8, 8], tensors.Shape("images.0.layers.2.patches"));
        Assert.Equal(
            from channel in Enumerable.Range(0, Width) from patch in Enumerable.Range(0, Patches)
            select PlayedFeatures.Number(0, 2, 1 + patch, channel),
            tensors.Numbers("images.0.layers.2.patches"));
    }

    [Theory]
    [InlineData("?format=npy", "")]
    [InlineData("", "application/x-npy")]
    public async Task One_array_over_all_images_has_numpys_form(string query, string accept)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/features" + query) { Content = Form(2) };
        if (accept.Length > 0)
            request.Headers.Add("Accept", accept);
        (HttpResponseMessage answer, byte[] body) = await SendAsync(request);
        Assert.Equal("application/x-npy", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0], body[..8]);
        Assert.StartsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 64, 8), }", Encoding.ASCII.GetString(body[10..128]),
            StringComparison.Ordinal);
        Assert.Equal(0, (10 + BitConverter.ToUInt16(body, 8)) % 64);
        Assert.Equal(Rows(0, 4, 1, 65).Concat(Rows(1, 4, 1, 65)), MemoryMarshal.Cast<byte, float>(body.AsSpan(128)).ToArray());
    }

    [Fact]
    public async Task A_part_for_each_tensor_and_an_error_in_the_place_of_an_image_that_cannot_be_read()
    {
        (HttpResponseMessage answer, byte[] body) = await JsonAsync(new
        {
            input = new object[] { Base64(0), new { text = "no image" }, Base64(2) },
            outputs = "cls",
            format = "multipart",
            on_error = "partial",
        });
        string boundary = answer.Content.Headers.ContentType!.Parameters.Single().Value!;
        string[] parts = Encoding.Latin1.GetString(body).Split($"\r\n--{boundary}");
        Assert.Equal(["", "\r\nContent-Disposition: attachment; name=\"images.0.layers.4.cls\"; filename=\"images.0.layers.4.cls.npy\"",
            "\r\nContent-Disposition: attachment; name=\"images.1.error\"; filename=\"images.1.error.json\"",
            "\r\nContent-Disposition: attachment; name=\"images.2.layers.4.cls\"; filename=\"images.2.layers.4.cls.npy\"", "--"],
            parts.Select(part => part.Split("\r\nContent-Type")[0].TrimEnd('\r', '\n') is "--" ? "--" : part.Split("\r\nContent-Type")[0]));
        Assert.Contains("\"code\":\"unsupported_modality\"", parts[2], StringComparison.Ordinal);
        byte[] last = Encoding.Latin1.GetBytes(parts[3].Split("\r\n\r\n", 2)[1]);
        Assert.Equal(Rows(2, 4, 0, 1), MemoryMarshal.Cast<byte, float>(last.AsSpan(128)).ToArray());
    }

    [Theory]
    [InlineData("layers=5", "layers", "send -5 to 4")]
    [InlineData("layers=-6", "layers", "send -5 to 4")]
    [InlineData("layers=1,x", "layers", "'x'")]
    [InlineData("outputs=registers", "outputs", "which model 'internvit-nano' has not; send cls, patches")]
    [InlineData("outputs=tokens", "outputs", "takes some of cls, registers, patches")]
    [InlineData("norm=first", "norm", "last, all, none")]
    [InlineData("layout=NHWC", "layout", "NLC, NCHW")]
    [InlineData("dtype=int8", "dtype", "fp32, fp16, bf16")]
    [InlineData("dtype=bf16&format=npy", "dtype", "send format safetensors")]
    [InlineData("outputs=visual_tokens", "outputs", "model 'internvit-nano' has no projector: serve the folder of a chat model")]
    [InlineData("format=json", "format", "safetensors, npy, multipart")]
    [InlineData("format=npy&layers=1,2", "format", "2 tensors an image")]
    [InlineData("format=npy&outputs=cls,patches", "format", "layers.4.cls, layers.4.patches")]
    [InlineData("on_error=partial", "on_error", "send format multipart")]
    [InlineData("layer=3", "layer", "send layers")]
    [InlineData("pooling=mean", "pooling", "not pooled")]
    [InlineData("normalize=true", "normalize", "leave it out")]
    [InlineData("cache=refresh", "cache", "hidden states are not cached")]
    [InlineData("embedding_type=float16", "embedding_type", "send dtype")]
    [InlineData("dtpe=fp16", "dtpe", "close to 'dtype'")]
    public async Task What_is_not_served_is_refused_by_its_name(string query, string param, string words)
    {
        (HttpResponseMessage answer, byte[] body) = await RawAsync("?" + query);
        new Answer(answer, Encoding.UTF8.GetString(body)).IsRefusal(400, "invalid_request", param, words);
        Assert.Empty(_grid.Asked);
    }

    [Fact]
    public async Task An_answer_that_is_too_large_is_refused_with_its_numbers_before_anything_is_computed()
    {
        await using TestApi api = await OpenAsync(Small);
        (HttpResponseMessage answer, byte[] body) = await SendAsync(
            new(HttpMethod.Post, "/v1/features?layers=all") { Content = Form(7) }, api);
        // 7 images of 5 layers of 64 patches of 8 numbers of 4 bytes.
        new Answer(answer, Encoding.UTF8.GetString(body)).IsRefusal(
            400, "invalid_request", "layers", "7 images of 5 outputs of 2048 bytes each are 71680 bytes", "the limit is 65536",
            "Features:MaxBytes", "fp16");
        Assert.Empty(_grid.Asked);
        (answer, _) = await SendAsync(new(HttpMethod.Post, "/v1/features?layers=all&dtype=fp16") { Content = Form(7) }, api);
        Assert.Equal(200, (int)answer.StatusCode);
    }

    [Fact]
    public async Task An_image_that_fails_is_refused_with_its_status_while_the_answer_fits_the_window()
    {
        _grid.Answer = (request, _) => ImageOf(request) == 1
            ? throw new GridException(GridFault.SegmentFailed, "the device burns") : Task.FromResult(Result(request));
        (HttpResponseMessage answer, byte[] body) = await JsonAsync(new { input = new[] { Base64(0), Base64(1), Base64(2) } });
        new Answer(answer, Encoding.UTF8.GetString(body)).IsRefusal(500, "internal_error", null, "the device burns");
        Assert.Equal(0, Memory(_api).Held);
    }

    [Fact]
    public async Task A_larger_answer_is_cut_off_when_an_image_fails_and_gives_back_all_it_held()
    {
        await using TestApi api = await OpenAsync(new() { Features = new() { WindowBytes = 1 << 16 } });
        _grid.Answer = (request, _) => ImageOf(request) == 40
            ? throw new GridException(GridFault.SegmentFailed, "the device burns") : Task.FromResult(Result(request));
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/features") { Content = Form(60) };
        await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(request, api));
        Assert.True(SpinWait.SpinUntil(() => Memory(api).Held == 0, TimeSpan.FromSeconds(10)), "room is still held");
        Assert.Contains(api.Logs.Lines, line => line.Message.Contains("were cut off", StringComparison.Ordinal));
    }

    private async Task<TestApi> OpenAsync(ServerOptions options)
    {
        _grid.Answer = (request, _) => Task.FromResult(Result(request));
        return await TestApi.OpenAsync(options, _grid);
    }

    private static FeatureMemory Memory(TestApi api) => api.App.Services.GetRequiredService<FeatureMemory>();

    /// <summary>The number that <see cref="FakeGrid.Image"/> was made of.</summary>
    private static int ImageOf(EmbeddingRequest request) =>
        Enumerable.Range(0, 256).First(number => request.Image.Span.SequenceEqual(FakeGrid.Image(number)));

    private EmbeddingResult Result(EmbeddingRequest request) => PlayedFeatures.Result(request, ImageOf(request), _grid.Models[0]);

    private static float[] Rows(int image, int layer, int first, int end) =>
        [.. from token in Enumerable.Range(first, end - first) from channel in Enumerable.Range(0, Width)
            select PlayedFeatures.Number(image, layer, token, channel)];

    private static string Base64(int number) => Convert.ToBase64String(FakeGrid.Image(number));

    private static MultipartFormDataContent Form(int images)
    {
        MultipartFormDataContent form = [];
        for (int image = 0; image < images; image++)
            form.Add(new ByteArrayContent(FakeGrid.Image(image)), "file", $"{image}.png");
        return form;
    }

    private Task<(HttpResponseMessage Answer, byte[] Body)> JsonAsync(object body) =>
        SendAsync(new(HttpMethod.Post, "/v1/features") { Content = JsonContent.Create(body) });

    private Task<(HttpResponseMessage Answer, byte[] Body)> RawAsync(string query)
    {
        ByteArrayContent content = new(FakeGrid.Image(0));
        content.Headers.ContentType = new("image/png");
        return SendAsync(new(HttpMethod.Post, "/v1/features" + query) { Content = content });
    }

    private async Task<(HttpResponseMessage Answer, byte[] Body)> SendAsync(HttpRequestMessage request, TestApi? api = null)
    {
        HttpResponseMessage answer = await (api ?? _api).Http.SendAsync(request);
        return (answer, await answer.Content.ReadAsByteArrayAsync());
    }
}
