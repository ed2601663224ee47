using System.Text.Json;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Items;
using VitGrid.Runtime.Images;

namespace VitGrid.Indexing.Tests;

/// <summary>Which images a worker reads.</summary>
public sealed class ImageFetchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vitgrid-fetch-").FullName;
    private readonly UrlFetcher _urls = new(new(), 1_000, TimeProvider.System);
    private readonly ImageFetch _fetch;

    public ImageFetchTests()
    {
        Directory.CreateDirectory(At("allowed"));
        Directory.CreateDirectory(At("allowed-not"));
        File.WriteAllBytes(At("allowed/a b.png"), [1, 2]);
        File.WriteAllBytes(At("allowed-not/secret.png"), [3]);
        File.CreateSymbolicLink(At("allowed/link.png"), At("allowed-not/secret.png"));
        Directory.CreateSymbolicLink(At("allowed/folder"), At("allowed-not"));
        Directory.CreateSymbolicLink(At("by-link"), At("allowed"));
        _fetch = new(new IndexingOptions { Roots = [At("by-link")] }, new ImageLimits { MaxFileBytes = 1_000 }, _urls);
    }

    [Theory]
    [InlineData("allowed/a%20b.png")]
    [InlineData("by-link/a%20b.png")]
    [InlineData("allowed-not/../allowed/a%20b.png")]
    public void A_file_below_an_allowed_folder_is_read(string path) => Assert.Equal([1, 2], Read($"file://{_folder}/{path}"));

    [Theory]
    [InlineData("allowed-not/secret.png")]
    [InlineData("allowed/../allowed-not/secret.png")]
    [InlineData("allowed/%2e%2e/allowed-not/secret.png")]
    [InlineData("allowed/link.png")]
    [InlineData("allowed/folder/secret.png")]
    public void No_path_and_no_link_leads_out_of_it(string path) => Assert.Equal("url_not_allowed", CodeOf($"file://{_folder}/{path}"));

    [Theory]
    [InlineData("http://127.0.0.1/a.png", "url_not_allowed")]
    [InlineData("https://example.org/a.png", "url_not_allowed")]
    [InlineData("ftp://example.org/a.png", "url_not_allowed")]
    [InlineData("file://server/share/a.png", "url_not_allowed")]
    [InlineData("a.png", "invalid_uri")]
    [InlineData("data:image/png;base64,%%%", "invalid_uri")]
    [InlineData("data:image/png", "invalid_uri")]
    [InlineData("file:///photos/a%00b.png", "invalid_uri")]
    public void What_is_no_image_of_ours_is_refused_by_its_code(string uri, string code) => Assert.Equal(code, CodeOf(uri));

    [Fact]
    public void A_pipe_is_not_opened()
    {
        using System.Diagnostics.Process made = System.Diagnostics.Process.Start("mkfifo", At("allowed/pipe.png"));
        made.WaitForExit();
        Assert.Empty(Read($"file://{_folder}/allowed/pipe.png"));
    }

    [Fact]
    public void Data_gives_its_bytes() => Assert.Equal([0, 255, 16], Read("data:image/png;base64,AP8Q"));

    [Theory]
    [InlineData("data:image/png;name=\"a,b.png\";base64,AP8Q")]
    [InlineData("data:image/png;name=a,b.png;base64,AP8Q")]
    [InlineData("DATA:binary/octet-stream;name=\"a\\\";base64,b\"; BASE64,AP8Q")]
    public void Data_with_a_name_gives_its_bytes_and_so_does_the_spool(string uri)
    {
        Assert.Equal([0, 255, 16], Read(uri));
        Assert.Equal([0, 255, 16], SpoolImage.Decode(JsonSerializer.SerializeToUtf8Bytes(uri)));
    }

    public void Dispose()
    {
        _urls.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string At(string path) => Path.Combine(_folder, path);

    private string CodeOf(string uri) => ItemFault.From(Assert.ThrowsAny<Exception>(() => Read(uri))).Code;

    private byte[] Read(string uri) => _fetch.Find(uri).Read(CancellationToken.None).GetAwaiter().GetResult();
}
