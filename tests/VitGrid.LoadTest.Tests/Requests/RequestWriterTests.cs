using System.Text.Json;
using VitGrid.LoadTest.Images;
using VitGrid.LoadTest.Requests;

namespace VitGrid.LoadTest.Tests.Requests;

/// <summary>Requests as they go out.</summary>
public sealed class RequestWriterTests
{
    private static readonly ImageSet Images = ImageSet.Draw(ImageKind.ParseMix("jpeg:20x10,png:8x8,webp:9x9"), seed: 1);
    private static readonly PlannedRequest Planned = new(
        [.. Enumerable.Range(0, 12).Select(i => new PlannedImage(i, 1_000_003 * i))], "bulk");

    [Fact]
    public async Task Json_holds_every_stamped_file_as_a_data_uri()
    {
        using HttpRequestMessage request = Write(new() { Model = "m\"x", TimeoutMs = 7, Cache = "bypass" });
        using JsonDocument body = JsonDocument.Parse(await request.Content!.ReadAsByteArrayAsync());
        string?[] expected = [.. Planned.Images.Select(planned => (Image: Images.Images[planned.Image], planned.Number))
            .Select(sent => $"data:{sent.Image.MediaType};base64,{Convert.ToBase64String(sent.Image.Stamped(sent.Number))}")];

        Assert.Equal(expected, body.RootElement.GetProperty("input").EnumerateArray().Select(item => item.GetString()));
        Assert.Equal("m\"x", body.RootElement.GetProperty("model").GetString());
        Assert.Equal(("bulk", 7),
            (body.RootElement.GetProperty("priority").GetString(), body.RootElement.GetProperty("timeout_ms").GetInt32()));
        Assert.Equal(request.Content.Headers.ContentLength, (await request.Content.ReadAsByteArrayAsync()).Length);
    }

    [Fact]
    public async Task Plain_json_holds_no_field_that_other_servers_do_not_know()
    {
        using HttpRequestMessage request = Write(new() { Model = "m", TimeoutMs = 7, Cache = "bypass", Plain = true });
        using JsonDocument body = JsonDocument.Parse(await request.Content!.ReadAsByteArrayAsync());
        Assert.Equal(["model", "encoding_format", "input"], body.RootElement.EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public async Task A_raw_body_is_the_stamped_file_and_fields_are_in_the_query()
    {
        PlannedRequest one = new([new(4, 99)], null);
        using HttpRequestMessage request = new RequestWriter(
            new("http://h/v1/embeddings"), new() { Form = RequestForm.Raw, TimeoutMs = 7 }, Images).Write(one);
        Assert.Equal(Images.Images[4].Stamped(99), await request.Content!.ReadAsByteArrayAsync());
        Assert.Equal("image/png", request.Content.Headers.ContentType!.MediaType);
        Assert.Equal("?encoding_format=base64&timeout_ms=7", request.RequestUri!.Query);
    }

    [Fact]
    public async Task A_form_holds_every_file_between_its_boundaries()
    {
        using HttpRequestMessage request = Write(new() { Form = RequestForm.Multipart });
        byte[] body = await request.Content!.ReadAsByteArrayAsync();
        Assert.All(Planned.Images, sent => Assert.True(body.AsSpan().IndexOf(Images.Images[sent.Image].Stamped(sent.Number)) > 0));
        Assert.True(body.AsSpan().EndsWith("--\r\n"u8));
    }

    private static HttpRequestMessage Write(RequestShape shape) =>
        new RequestWriter(new("http://h/v1/embeddings"), shape, Images).Write(Planned);
}
