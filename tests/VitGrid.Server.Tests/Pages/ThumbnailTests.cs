using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Administration;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Pages;

/// <summary>Small images of dead letters, in a front end that is no worker of the queue.</summary>
public sealed class ThumbnailTests : IDisposable
{
    private static readonly string Fish = Path.Combine(GoldenFiles.Repository, "docs", "images", "fish.png");

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();

    public ThumbnailTests()
    {
        foreach (string place in (string[])["in", "out"])
        {
            Directory.CreateDirectory(_folder.At(place));
            File.Copy(Fish, _folder.At(place, "fish.png"));
        }
        File.CreateSymbolicLink(_folder.At("in", "link.png"), _folder.At("out", "fish.png"));
        _folder.Write("in/broken.png", "no image");
    }

    [Fact]
    public async Task A_front_end_shows_what_lies_below_its_own_roots_and_reads_nothing_else()
    {
        await using WebApplication app = FrontEnd(_folder.At("in"));
        ItemThumbnails thumbnails = app.Services.GetRequiredService<ItemThumbnails>();
        (byte[]? pixels, string? problem) = await MakeAsync(_folder.At("in", "fish.png"));
        Assert.Equal((ItemThumbnails.Side * ItemThumbnails.Side * 3, null), (pixels?.Length, problem));
        Assert.True(pixels!.Distinct().Count() > 8, "the thumbnail has no image in it");
        foreach (string outside in (string[])["out/fish.png", "in/link.png", "in/../out/fish.png", "in/broken.png", "in/absent.png"])
        {
            (pixels, problem) = await MakeAsync(_folder.At(outside));
            Assert.True(pixels is null && problem is not null, outside);
        }
        Assert.Null((await thumbnails.MakeAsync("https://example.org/a.png", false, CancellationToken.None)).Pixels);
        Assert.Null((await thumbnails.MakeAsync("s3://bucket/a.png", false, CancellationToken.None)).Pixels);

        Task<(byte[]? Pixels, string? Problem)> MakeAsync(string path) =>
            thumbnails.MakeAsync($"file://{path}", false, CancellationToken.None).WaitAsync(Limit);
    }

    [Fact]
    public async Task Without_roots_of_its_own_a_front_end_has_none()
    {
        await using WebApplication app = FrontEnd();
        Assert.Null(app.Services.GetService<ItemThumbnails>());
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The services of a front end that is not started: nothing is connected to.</summary>
    private static WebApplication FrontEnd(params string[] roots)
    {
        GridOptions options = new()
        {
            Models = [], Devices = [], Cluster = new() { Redis = "127.0.0.1:1" },
            Indexing = new() { Redis = "127.0.0.1:1", Roots = roots },
        };
        ServerOptions server = new() { Role = GridRole.Api, Indexing = options.Indexing };
        return ServerHost.Create(server, builder => builder.AddGrid(options, GridRole.Api), "http://127.0.0.1:0");
    }
}
