using System.Net.Http.Headers;
using System.Text;
using FsCheck.Xunit;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Api;

/// <summary>An image is known by its bytes, whatever it is called, labelled or named.</summary>
public sealed class ImageLabelTests(SharedApi shared) : IClassFixture<SharedApi>
{
    private static readonly byte[][] Images =
    [
        .. ((string[])["grey.jpg", "grey.png", "two-by-three.bmp", "lossy.webp", "animated.gif", "lzw.tif"])
            .Select(name => File.ReadAllBytes(GoldenFiles.PathOf("preprocess", "images", name))),
    ];

    private static readonly string?[] Labels =
        [null, "image/png", "application/octet-stream", "binary/octet-stream", "text/plain", "application/x-www-form-urlencoded",
            "img/jpeg", "application/jpeg"];

    private static readonly string[] Names = ["file", "upload", "photo", "input", "image", "images", "Datei", "a b", "0"];

    [Property(MaxTest = 100)]
    public async Task<bool> A_part_of_a_form_is_an_image_by_its_bytes(int seed)
    {
        Random random = new(seed);
        byte[][] sent = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Images[random.Next(Images.Length)])];
        using MultipartFormDataContent form = new() { { new StringContent("mean"), "pooling" } };
        foreach (byte[] image in sent)
        {
            ByteArrayContent part = new(image);
            if (Labels[random.Next(Labels.Length)] is { } label)
                part.Headers.ContentType = MediaTypeHeaderValue.Parse(label);
            if (random.Next(3) == 0)
                form.Add(part, Names[random.Next(Names.Length)], "a.bin");
            else
                form.Add(part, Names[random.Next(Names.Length)]);
        }
        return await ArrivesAsync(() => shared.TestApi.SendAsync(form), sent);
    }

    [Property(MaxTest = 100)]
    public async Task<bool> A_raw_body_is_an_image_by_its_bytes(int seed)
    {
        Random random = new(seed);
        byte[] image = Images[random.Next(Images.Length)];
        string? label = random.Next(4) == 0 ? "application/json" : Labels[random.Next(Labels.Length)];
        return await ArrivesAsync(() => shared.TestApi.RawAsync(image, label ?? "", "?pooling=mean"), image);
    }

    [Property(MaxTest = 200)]
    public async Task<bool> A_data_uri_is_an_image_whatever_its_parameters_are(int seed)
    {
        Random random = new(seed);
        byte[] image = Images[random.Next(Images.Length)];
        StringBuilder head = new("data:");
        head.Append(Labels[random.Next(Labels.Length)]);
        for (int i = random.Next(3); i > 0; i--)
            head.Append(";name=").Append(Name(random));
        head.Append(random.Next(2) == 0 ? ";base64," : "; BASE64,");
        return await ArrivesAsync(
            () => shared.TestApi.JsonAsync(new { pooling = "mean", input = head + Convert.ToBase64String(image) }), image);
    }

    [Theory]
    [InlineData("base64", 200)]
    [InlineData("BASE64", 200)]
    [InlineData("binary", 200)]
    [InlineData("quoted-printable", 400)]
    public async Task A_part_in_another_transfer_encoding_is_decoded_or_refused(string encoding, int status)
    {
        bool isBase64 = encoding.Equals("base64", StringComparison.OrdinalIgnoreCase);
        ByteArrayContent part = new(
            isBase64 ? Encoding.ASCII.GetBytes(Convert.ToBase64String(Images[0], Base64FormattingOptions.InsertLineBreaks)) : Images[0]);
        part.Headers.Add("Content-Transfer-Encoding", encoding);
        using MultipartFormDataContent form = new() { { part, "file", "a.jpg" } };
        Answer answer = await shared.TestApi.SendAsync(form);
        Assert.True(answer.Status == status, answer.Body);
        if (status == 200)
            Assert.Equal(Images[0], shared.TestApi.Grid.Asked.Last().Image.ToArray());
        else
            answer.IsRefusal(400, "invalid_request", "input[0]", "'quoted-printable'");
    }

    [Fact]
    public async Task A_part_whose_head_cannot_be_read_is_still_an_image_and_a_field_of_that_kind_is_told()
    {
        byte[] body =
        [
            .. "--b\r\nContent-Disposition: form-data; name=\"fi\"le\"; filename=a\"b\r\n\r\n"u8, .. Images[1],
            .. "\r\n--b\r\n\r\nmean\r\n--b--\r\n"u8,
        ];
        Answer answer = await shared.TestApi.RawAsync(body, "multipart/form-data; boundary=b");
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal(Images[1], shared.TestApi.Grid.Asked.Last().Image.ToArray());
        Assert.Equal("not read here: ''", answer.Header("x-vitgrid-hint"));
    }

    [Fact]
    public async Task A_field_is_no_image_whatever_its_bytes()
    {
        using MultipartFormDataContent form =
            new() { { new ByteArrayContent(Images[0]), "file", "a.jpg" }, { new ByteArrayContent(Images[2]), "model" } };
        (await shared.TestApi.SendAsync(form)).IsRefusal(404, "model_not_found", "model", "'BM");
    }

    private async Task<bool> ArrivesAsync(Func<Task<Answer>> send, params byte[][] images)
    {
        int before = shared.TestApi.Grid.Asked.Count;
        Answer answer = await send();
        EmbeddingRequest[] asked = [.. shared.TestApi.Grid.Asked.Skip(before)];
        return answer.Status == 200 && asked.Length == images.Length && asked.All(request => request.Pooling == Pooling.Mean)
            && images.All(image => asked.Any(request => request.Image.Span.SequenceEqual(image)));
    }

    private static string Name(Random random)
    {
        const string Letters = "ab.,;\"=\\ ";
        string name = string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => Letters[random.Next(Letters.Length)]));
        return random.Next(2) == 0
            ? $"\"{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""
            : name.Replace(";", "", StringComparison.Ordinal);
    }
}
