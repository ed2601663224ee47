using VitGrid.Engine.Errors;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Submission;
using VitGrid.S3;

namespace VitGrid.Indexing.Tests.Archives;

/// <summary>What sources name in a store, over real HTTP.</summary>
public sealed class S3SourceTests : IAsyncLifetime
{
    private const string Secret = "s3cr3t-4711";

    private S3Rig _rig = null!;

    public async Task InitializeAsync() => _rig = await S3Rig.StartAsync();

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Fact]
    public async Task A_prefix_gives_images_and_what_stands_in_archives_page_by_page_and_all_of_it_is_read_as_it_stands()
    {
        _rig.Server.PageSize = 2;
        File.WriteAllBytes(_rig.At("public-images/deep/ü 1.png"), [1]);
        File.WriteAllBytes(_rig.At("public-images/deep/2.png"), [2, 2]);
        File.WriteAllText(_rig.At("public-images/deep/note.txt"), "no image");
        _rig.Folder.Write("public-images/deep/a.tar", ("3.png", [3, 3, 3]), ("3.json", [(byte)'7']));
        _rig.Folder.Write("public-images/deep/b.tgz", ("4.png", [4]));
        SourceLine[] lines = _rig.Read("s3://public-images/deep/");
        Assert.Equal(
            ["2.png", "a.tar#3.png", "b.tgz#4.png", "ü 1.png"], lines.Select(line => line.Id["s3://public-images/deep/".Length..]));
        ImageFetch fetch = _rig.Fetch();
        byte[][] expected = [[2, 2], [3, 3, 3], [4], [1]];
        foreach ((int i, SourceLine line) in lines.Index())
        {
            ImageSource source = fetch.Find(line.Uri);
            Assert.Equal(expected[i], await source.Read(CancellationToken.None));
            Assert.Equal(i == 1 ? """{"json":7}""" : null, await source.ReadMetadata(CancellationToken.None));
        }
        Assert.Equal([2, 2], await fetch.Find("s3://public-images/deep/2.png").Read(CancellationToken.None));
        Assert.Equal([1], await fetch.Find("s3://public-images/deep/%C3%BC%201.png").Read(CancellationToken.None));
    }

    [Theory]
    [InlineData("s3://public-images/deep/*.tar", "deep/a.tar#0.png deep/b.tar#0.png")]
    [InlineData("s3://public-images/**/?.tar", "c.tar#0.png deep/a.tar#0.png deep/b.tar#0.png")]
    [InlineData("s3://public-images/*.tar", "c.tar#0.png")]
    [InlineData("s3://public-images/deep/{b,a}.tar", "deep/b.tar#0.png deep/a.tar#0.png")]
    [InlineData("s3://public-images/deep/a", "deep/a.tar#0.png")]
    [InlineData("s3://public-images", "c.tar#0.png deep/a.tar#0.png deep/b.tar#0.png")]
    public void Patterns_lists_with_braces_and_prefixes_name_objects(string source, string named)
    {
        foreach (string key in (string[])["deep/a.tar", "deep/b.tar", "c.tar"])
            _rig.Folder.Write($"public-images/{key}", ("0.png", [5]));
        Assert.Equal(named.Split(' '), _rig.Read(source).Select(line => line.Id["s3://public-images/".Length..]));
        using S3Store store = ObjectStore.Open(_rig.Options);
        SourceReader.Check(source, store);
    }

    [Fact]
    public void A_list_names_objects_as_URIs_and_archives_of_them_in_place_and_tells_which_is_not_there()
    {
        _rig.Folder.Write("public-images/a.tar", ("0.png", [5]));
        string list = _rig.At("list.txt");
        File.WriteAllLines(list,
        [
            "s3://public-images/a.tar", "s3://public-images/deep/1.png", "s3://public-images/none.tar", $"s3://AKIA:{Secret}@images/a.tar",
            $"s3://AKIA:{Secret}@images/1.png",
        ]);
        SourceReader.Check([$"@{list}"], _rig.Options);
        using S3Store store = SourceReader.OpenStore([$"@{list}"], _rig.Options)!;
        SourceLine[] lines = [.. SourceReader.Read([$"@{list}"], store)];
        Assert.Equal(["s3://public-images/a.tar#0.png", "s3://public-images/deep/1.png", "", "", ""], lines.Select(line => line.Id));
        Assert.Contains("s3://public-images/none.tar is not there", lines[2].Fault, StringComparison.Ordinal);
        Assert.All(lines[3..], line => Assert.Contains("and no credentials", line.Fault, StringComparison.Ordinal));
        Assert.All(lines[3..], line => Assert.DoesNotContain(Secret, line.Fault, StringComparison.Ordinal));
    }

    [Fact]
    public void An_object_that_may_not_be_read_or_was_cut_is_told_and_the_rest_of_its_prefix_goes_on()
    {
        foreach (string key in (string[])["a.tar", "b.tar", "c.tar"])
            _rig.Folder.Write($"public-images/{key}", ("0.png", [5]), ("1.png", new byte[900]));
        string cut = _rig.At("public-images/c.tar");
        File.WriteAllBytes(cut, File.ReadAllBytes(cut)[..^1_500]);
        _rig.Server.Fault = request => request.Path.Value!.EndsWith("b.tar", StringComparison.Ordinal) ? 403 : 0;
        SourceLine[] lines = _rig.Read("s3://public-images/");
        Assert.Equal(["a.tar#0.png", "a.tar#1.png", "c.tar#0.png"], lines.Where(
            line => line.Fault is null).Select(line => line.Id["s3://public-images/".Length..]));
        string[] faults = [.. lines.Select(line => line.Fault).OfType<string>()];
        Assert.Equal(2, faults.Length);
        Assert.Contains("s3://public-images/b.tar may not be read (status 403", faults[0], StringComparison.Ordinal);
        Assert.Contains("s3://public-images/c.tar#1.png: the archive breaks off", faults[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_that_refuses_ends_the_submission_with_what_it_said_and_no_credentials()
    {
        IndexException refused = Assert.Throws<IndexException>(() => _rig.Read("s3://private/"));
        Assert.Contains("s3://private/ may not be read (status 403, AccessDenied)", refused.Message, StringComparison.Ordinal);
        using S3Store store = ObjectStore.Open(_rig.Options);
        Assert.Contains("is not there", Assert.Throws<IndexException>(
            () => SourceReader.Check("s3://public-images/none.tar", store)).Message, StringComparison.Ordinal);
        Assert.Contains("is not there", Assert.Throws<IndexException>(
            () => SourceReader.Check("s3://public-images/none/", store)).Message, StringComparison.Ordinal);
        IndexException malformed = Assert.Throws<IndexException>(() => SourceReader.Check($"s3://AKIA:{Secret}@images/a.tar", store));
        Assert.Contains("and no credentials", malformed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, malformed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_named_buckets_are_read_and_clients_read_none_unless_they_have_their_own()
    {
        Assert.Equal(ApiCode.UrlNotAllowed, CodeOf("s3://public-other/0.png", _rig.Options));
        Assert.Equal(ApiCode.UrlNotAllowed, CodeOf("s3://public-images/0.png", new()));
        Assert.Equal(ApiCode.UrlNotAllowed, CodeOf("tar+s3://public-other/a.tar?at=0+1&of=9-abc#0.png", _rig.Options));
        Assert.Equal(ApiCode.UrlNotAllowed, CodeOf("s3://public-images/0.png", _rig.Options, fromHttp: true));
        S3Options clients = _rig.Options with { HttpBuckets = ["public-images/deep/"] };
        Assert.Equal(ApiCode.UrlNotAllowed, CodeOf("s3://public-images/0.png", clients, fromHttp: true));
        Assert.NotNull(_rig.Fetch(clients).Find("s3://public-images/deep/0.png", fromHttp: true));
        Assert.True(HttpFiles.IsOne("s3://public-images/0.png"));
        S3Options all = _rig.Options with { Buckets = ["*"] };
        Assert.Equal(ApiCode.InvalidUri, CodeOf("s3://UPPER/0.png", all));
        Assert.DoesNotContain(Secret, Assert.Throws<ItemException>(
            () => _rig.Fetch(all).Find($"s3://AKIA:{Secret}@images/0.png")).Fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://store.example.org", false, "not encrypted")]
    [InlineData("http://10.0.0.7:9000", false, "not encrypted")]
    [InlineData("https://user:secret@store.example.org", true, "without name, password")]
    [InlineData("ftp://store.example.org", true, "http or https")]
    public void An_endpoint_is_reached_over_TLS_and_holds_no_password(string endpoint, bool allowHttp, string told)
    {
        S3Exception refused = Assert.Throws<S3Exception>(() => new S3Store(new() { Endpoint = new(endpoint), AllowHttp = allowHttp }));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    private string CodeOf(string uri, S3Options options, bool fromHttp = false) =>
        Assert.Throws<ItemException>(() => _rig.Fetch(options).Find(uri, fromHttp)).Fault.Code;
}
