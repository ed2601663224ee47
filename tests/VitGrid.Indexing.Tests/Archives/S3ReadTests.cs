using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using VitGrid.Engine.Errors;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Submission;
using VitGrid.LoadTest.Objects;

namespace VitGrid.Indexing.Tests.Archives;

/// <summary>How workers read objects, whatever their store does.</summary>
public sealed class S3ReadTests : IAsyncLifetime
{
    private S3Rig _rig = null!;

    public async Task InitializeAsync() => _rig = await S3Rig.StartAsync();

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Fact]
    public async Task Items_of_a_large_archive_share_the_ranges_that_are_read()
    {
        byte[][] images = [.. Enumerable.Range(0, 60).Select(i => Noise(i))];
        _rig.Folder.Write("public-images/a.tar", [.. images.Select((image, i) => ($"{i:00}.png", image))]);
        SourceLine[] lines = _rig.Read("s3://public-images/a.tar");
        ImageFetch fetch = _rig.Fetch();
        int before = _rig.Server.Requests;
        byte[][] read = await Task.WhenAll(lines.Select(line => fetch.Find(line.Uri).Read(CancellationToken.None)));
        Assert.Equal(images, read);
        Assert.InRange(_rig.Server.Requests - before, 2, 4);
    }

    [Fact]
    public async Task Whoever_reads_on_finds_the_next_range_read_ahead_and_who_jumps_reads_none()
    {
        _rig.Folder.Write("public-images/a.tar", [.. Enumerable.Range(0, 100).Select(i => ($"{i:00}.png", Noise(i)))]);
        SourceLine[] lines = _rig.Read("s3://public-images/a.tar");
        ConcurrentQueue<string> ranges = RecordRanges();
        ImageFetch fetch = _rig.Fetch();
        await fetch.Find(lines[70].Uri).Read(CancellationToken.None);
        Assert.Single(ranges);
        await fetch.Find(lines[0].Uri).Read(CancellationToken.None);
        await IndexRig.UntilAsync(() => Task.FromResult(ranges.Count == 3), "the range behind the first one is asked for");
        Assert.Contains("bytes=1048576-2097151", ranges);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_read_on_from_there()
    {
        byte[] image = Noise(1, 2_000_000);
        File.WriteAllBytes(_rig.At("public-images/large.png"), image);
        SourceLine line = Assert.Single(_rig.Read("s3://public-images/large.png"));
        ConcurrentQueue<string> ranges = RecordRanges();
        _rig.Server.Fault = request =>
        {
            ranges.Enqueue(request.Headers.Range.ToString());
            return ranges.Count <= 2 ? S3Server.Cut : 0;
        };
        Assert.Equal(image, await _rig.Fetch().Find(line.Uri).Read(CancellationToken.None));
        Assert.Equal(3, ranges.Count);
        long[] begins = [.. ranges.Select(range => long.Parse(range.AsSpan(6, range.IndexOf('-', StringComparison.Ordinal) - 6), null))];
        Assert.True(begins[1] > 0 && begins[2] > begins[1], string.Join(" | ", ranges));
    }

    [Fact]
    public async Task An_object_that_was_replaced_is_told_and_never_mixed_with_what_was_read_before()
    {
        string path = _rig.Folder.Write("public-images/a.tar", [.. Enumerable.Range(0, 60).Select(i => ($"{i:00}.png", Noise(i)))]);
        SourceLine[] lines = _rig.Read("s3://public-images/a.tar");
        Assert.Equal(Noise(0), await _rig.Fetch().Find(lines[0].Uri).Read(CancellationToken.None));
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(9));
        ItemFault fault = await FaultAsync(_rig.Fetch(), lines[59].Uri);
        Assert.Equal((ApiCode.ArchiveChanged, FaultKind.Poison), (fault.Code, fault.Kind));
        Assert.Contains("s3://public-images/a.tar", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403, ApiCode.FileUnreadable, "Poison")]
    [InlineData(404, ApiCode.FileNotFound, "Poison")]
    [InlineData(412, ApiCode.ArchiveChanged, "Poison")]
    [InlineData(301, ApiCode.UrlFetchFailed, "Poison")]
    [InlineData(429, ApiCode.UrlFetchFailed, "Transient")]
    [InlineData(500, ApiCode.UrlFetchFailed, "Transient")]
    [InlineData(503, ApiCode.UrlFetchFailed, "Transient")]
    [InlineData(S3Server.Cut, ApiCode.UrlFetchFailed, "Transient")]
    [InlineData(S3Server.Stall, ApiCode.UrlFetchFailed, "Transient")]
    public async Task What_the_store_answers_becomes_the_items_fault_and_what_passes_is_asked_again(int fault, string code, string kind)
    {
        _rig.Folder.Write("public-images/a.tar", ("0.png", [5]));
        SourceLine line = Assert.Single(_rig.Read("s3://public-images/a.tar"));
        bool passes = false;
        int asked = 0;
        _rig.Server.Fault = _ => passes && asked++ >= 2 ? 0 : fault;
        Engine.Options.S3Options options = _rig.Options with { TimeoutMilliseconds = 300 };
        ItemFault told = await FaultAsync(_rig.Fetch(options), line.Uri);
        Assert.Equal((code, kind), (told.Code, told.Kind.ToString()));
        Assert.Contains("s3://public-images/a.tar", told.Message, StringComparison.Ordinal);
        if (told.Kind != FaultKind.Transient)
            return;
        passes = true;
        Assert.Equal([5], await _rig.Fetch(options).Find(line.Uri).Read(CancellationToken.None));
    }

    [Fact]
    public async Task No_answer_leads_to_another_server()
    {
        await using S3Rig other = await S3Rig.StartAsync();
        File.WriteAllBytes(_rig.At("public-images/1.png"), [1]);
        File.WriteAllBytes(other.At("public-images/1.png"), [2]);
        _rig.Server.Elsewhere = other.Server.Address;
        _rig.Server.Fault = _ => 307;
        ItemFault fault = await FaultAsync(_rig.Fetch(), "s3://public-images/1.png");
        Assert.Equal((ApiCode.UrlFetchFailed, FaultKind.Poison), (fault.Code, fault.Kind));
        Assert.Contains("lies elsewhere (status 307", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, other.Server.Requests);
    }

    [Fact]
    public async Task A_store_that_is_away_may_come_back()
    {
        File.WriteAllBytes(_rig.At("public-images/1.png"), [1]);
        ImageFetch fetch = _rig.Fetch();
        await _rig.Server.DisposeAsync();
        ItemFault fault = await FaultAsync(fetch, "s3://public-images/1.png");
        Assert.Equal((ApiCode.UrlFetchFailed, FaultKind.Transient), (fault.Code, fault.Kind));
        Assert.Contains("s3://public-images/1.png: the connection failed (ConnectionError)", fault.Message, StringComparison.Ordinal);
    }

    private ConcurrentQueue<string> RecordRanges()
    {
        ConcurrentQueue<string> ranges = [];
        _rig.Server.Fault = request => Record(request, ranges);
        return ranges;
    }

    private static int Record(HttpRequest request, ConcurrentQueue<string> ranges)
    {
        ranges.Enqueue(request.Headers.Range.ToString());
        return 0;
    }

    private static async Task<ItemFault> FaultAsync(ImageFetch fetch, string uri) => ItemFault.From(
        await Assert.ThrowsAnyAsync<Exception>(() => fetch.Find(uri).Read(CancellationToken.None)));

    private static byte[] Noise(int seed, int bytes = 50_000)
    {
        byte[] noise = new byte[bytes];
        new Random(seed).NextBytes(noise);
        return noise;
    }
}
