using System.Text;
using System.Text.RegularExpressions;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Archives;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Submission;
using VitGrid.Runtime.Images;

namespace VitGrid.Indexing.Tests.Archives;

/// <summary>How workers read places in archives.</summary>
public sealed class ArchiveFetchTests : IDisposable
{
    private readonly ArchiveFolder _folder = new();
    private readonly UrlFetcher _urls = new(new(), 1_000, TimeProvider.System);

    [Theory]
    [InlineData("a.tar")]
    [InlineData("a.tgz")]
    public async Task Images_are_read_byte_for_byte_in_any_order_with_what_stands_beside_them(string name)
    {
        byte[][] images = [.. Enumerable.Range(0, 40).Select(i => Noise(i))];
        string path = _folder.Write(name, [.. images.SelectMany((image, i) => ((string, byte[])[])[
            ($"{i:00}.jpg", image), ($"{i:00}.json", Encoding.UTF8.GetBytes($$"""{"n": {{i}}}""")), ($"{i:00}.txt", "ü\""u8.ToArray())])]);
        ImageFetch fetch = Fetch(new() { Roots = [_folder.Root] });
        SourceLine[] items = [.. SourceReader.Read([path])];
        int[] order = [.. Enumerable.Range(0, images.Length)];
        new Random(3).Shuffle(order);
        await Task.WhenAll(order.Select(async i =>
        {
            ImageSource source = fetch.Find(items[i].Uri);
            Assert.Equal(images[i], await source.Read(CancellationToken.None));
            Assert.Equal($$"""{"json":{"n":{{i}}},"txt":"ü\""}""", await source.ReadMetadata(CancellationToken.None));
        }));
    }

    [Fact]
    public async Task A_gzip_is_unpacked_once_for_items_that_come_nearly_in_order_and_again_for_those_that_come_late()
    {
        string path = _folder.Write("large.tgz", [.. Enumerable.Range(0, 60).Select(i => ($"{i:00}.jpg", Noise(i, 200_000)))]);
        ArchivePlace[] places = [.. SourceReader.Read([path]).Select(line => ArchivePlace.Parse(line.Uri)!)];
        GzipBlocks blocks = new(4 << 20);
        foreach (ArchivePlace[] few in places.Chunk(6))
        {
            foreach (ArchivePlace place in few.Reverse())
                Assert.Equal(Noise(int.Parse(place.Name[..2], null), 200_000), await Read(place));
        }
        Assert.Equal(1, blocks.Begun);
        Assert.Equal(Noise(0, 200_000), await Read(places[0]));
        Assert.Equal(2, blocks.Begun);

        Task<byte[]> Read(ArchivePlace place) => blocks.ReadAsync(path, () => File.OpenRead(path), place.Image, CancellationToken.None);
    }

    [Theory]
    [InlineData("a.tar")]
    [InlineData("a.tgz")]
    public async Task An_archive_that_was_replaced_is_told_and_nothing_of_it_is_read(string name)
    {
        string path = _folder.Write(name, ("0.jpg", [1, 2]));
        ImageFetch fetch = Fetch(new() { Roots = [_folder.Root] });
        string uri = Assert.Single(SourceReader.Read([path])).Uri;
        ImageSource found = fetch.Find(uri);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(7));
        Assert.Equal(ApiCode.ArchiveChanged, Assert.Throws<ItemException>(() => fetch.Find(uri)).Fault.Code);
        ItemFault fault = (await Assert.ThrowsAsync<ItemException>(() => found.Read(CancellationToken.None))).Fault;
        Assert.Equal((ApiCode.ArchiveChanged, FaultKind.Poison), (fault.Code, fault.Kind));
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_place_leads_out_of_the_folders_and_clients_read_none_unless_they_have_their_own()
    {
        Directory.CreateDirectory(_folder.At("inside"));
        string inside = _folder.Write("inside/a.tar", ("0.jpg", [1])), outside = _folder.Write("secret.tar", ("0.jpg", [9]));
        File.CreateSymbolicLink(_folder.At("inside/link.tar"), outside);
        string good = UriOf(inside), secret = UriOf(outside);
        string linked = secret.Replace("/secret.tar", "/inside/link.tar", StringComparison.Ordinal);
        ImageFetch operators = Fetch(new() { Roots = [_folder.At("inside")] });
        Assert.Equal(1, operators.Find(good).Bytes);
        foreach (string uri in (string[])[secret, linked, secret.Replace("/secret", "/inside/../secret", StringComparison.Ordinal)])
            Assert.Equal(ApiCode.UrlNotAllowed, CodeOf(() => operators.Find(uri)));

        foreach (string uri in (string[])[good, secret])
            Assert.Equal(ApiCode.UrlNotAllowed, CodeOf(() => operators.Find(uri, fromHttp: true)));
        ImageFetch clients = Fetch(new() { Roots = [_folder.Root], HttpFileRoots = [_folder.At("inside")] });
        Assert.Equal(1, clients.Find(good, fromHttp: true).Bytes);
        Assert.Equal(ApiCode.UrlNotAllowed, CodeOf(() => clients.Find(secret, fromHttp: true)));
        Assert.True(HttpFiles.IsOne(secret));
        Assert.True(HttpFiles.IsOne($" TAR+{secret[4..]}"));
    }

    [Theory]
    [InlineData("tar+file:///x?at=0+1&of=1-1#a", ApiCode.FileNotFound)]
    [InlineData("tar+file:///x?at=0+1#a", ApiCode.InvalidUri)]
    [InlineData("tar+file:///x?at=-1+1&of=1-1#a", ApiCode.InvalidUri)]
    [InlineData("tar+file:///x?at=0+1&of=1-1&meta=0+70000:json#a", ApiCode.InvalidUri)]
    [InlineData("tar+https://host/x?at=0+1&of=1-1#a", ApiCode.UrlNotAllowed)]
    [InlineData("tar+file://host/x?at=0+1&of=1-1#a", ApiCode.UrlNotAllowed)]
    [InlineData("tar+tar+file:///x?at=0+1&of=1-1#a", ApiCode.UrlNotAllowed)]
    [InlineData("tar+file:///%00?at=0+1&of=1-1#a", ApiCode.InvalidUri)]
    [InlineData("TAR+file:///x?at=0+1&of=1-1#a", ApiCode.InvalidUri)]
    public void Places_that_are_written_by_hand_are_refused_by_what_is_wrong(string uri, string code)
    {
        ImageFetch fetch = Fetch(new() { Roots = ["/"] });
        Assert.Equal(code, ItemFault.From(Assert.ThrowsAny<Exception>(() => fetch.Find(uri))).Code);
    }

    [Theory]
    [InlineData("a.tar", "at=0+1048576")]
    [InlineData("a.tar", "at=999999999999999999+1")]
    [InlineData("a.tgz", "at=999999999999999999+1")]
    public void A_place_beyond_the_end_is_refused_before_anything_is_read(string name, string at)
    {
        string uri = UriOf(_folder.Write(name, ("0.jpg", [1])));
        ImageFetch fetch = Fetch(new() { Roots = [_folder.Root] }, 2_000_000);
        string changed = Regex.Replace(uri, @"at=\d+\+\d+", at);
        Assert.Equal(ApiCode.InvalidUri, CodeOf(() => fetch.Find(changed)));
    }

    [Fact]
    public void An_image_above_the_limit_is_refused_as_a_file_is()
    {
        string uri = UriOf(_folder.Write("a.tar", ("0.jpg", new byte[1_001])));
        Assert.Equal(ApiCode.ImageTooLarge, CodeOf(() => Fetch(new() { Roots = [_folder.Root] }).Find(uri)));
    }

    public void Dispose()
    {
        _urls.Dispose();
        _folder.Dispose();
    }

    private static string UriOf(string path) => Assert.Single(SourceReader.Read([path])).Uri;

    private static string CodeOf(Action action) => Assert.Throws<ItemException>(action).Fault.Code;

    private static byte[] Noise(int seed, int bytes = 900)
    {
        byte[] noise = new byte[bytes];
        new Random(seed).NextBytes(noise);
        return noise;
    }

    private ImageFetch Fetch(IndexingOptions options, long most = 1_000) => new(options, new ImageLimits { MaxFileBytes = most }, _urls);
}
