using System.Formats.Tar;
using System.Text;
using VitGrid.Indexing.Reading;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Files;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>Shards of webdataset.</summary>
public sealed class TarSinkTests : IDisposable
{
    private readonly SinkRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_shard_holds_an_array_and_a_description_beside_each_other_under_the_images_key()
    {
        SinkSchema schema = SinkRig.Schema with { Metadata = true };
        SinkRow[] rows =
        [
            SinkRig.Row("s3://photos/2026/shard-00.tar#0001.seg.png") with { Metadata = """{"txt":"a boat"}""" },
            new($"folder/{new string('ä', 60)}/0002.jpg", new[] { 0.25f, 1 }),
        ];
        await using IVectorSink sink = await _rig.OpenAsync("tar:out;type=fp16", schema: schema);
        await sink.PrepareAsync("w-1", rows, default);
        await sink.CommitAsync("w-1", rows, default);
        await sink.FinishAsync(SinkRig.Summary with { Done = 2 }, default);
        (string Name, byte[] Bytes)[] files = await ReadAsync(_rig.At("out", "part-w-1.tar"));
        string second = $"folder/{new string('ä', 60)}/0002";
        Assert.Equal(
            ["photos/2026/shard-00.tar/0001.json", "photos/2026/shard-00.tar/0001.npy", $"{second}.json", $"{second}.npy"],
            files.Select(file => file.Name));
        Assert.Equal(
            """{"id":"s3://photos/2026/shard-00.tar#0001.seg.png","model":"nano","dimensions":2,"metadata":{"txt":"a boat"}}""",
            Encoding.UTF8.GetString(files[0].Bytes));
        Assert.Contains("'descr': '<f2', 'fortran_order': False, 'shape': (2,), ", Encoding.ASCII.GetString(files[3].Bytes.AsSpan(10, 118)),
            StringComparison.Ordinal);
        Assert.Equal([0x00, 0x34, 0x00, 0x3C], files[3].Bytes[128..]);
    }

    [Theory]
    [InlineData("boat.png", "boat")]
    [InlineData("/a/22.0/1.1.png", "a/22.0/1")]
    [InlineData("../../etc/passwd", "_/_/etc/passwd")]
    [InlineData("https://host/x.jpg", "host/x")]
    [InlineData("a.tar#b/c.jpg", "a.tar/b/c")]
    [InlineData(".hidden", "_")]
    [InlineData("a\n/b\0.png", "a_/b_")]
    public void A_key_ends_at_the_first_dot_of_the_last_part_and_leads_nowhere_else(string id, string key) =>
        Assert.Equal(key, new TarKeys().Next(id));

    [Fact]
    public void Images_of_one_name_are_two_samples()
    {
        TarKeys keys = new();
        Assert.Equal(["a/1", "a/1-2", "a/1-2-2", "a/1-3"], ((string[])["a/1.png", "a/1.jpg", "a/1-2.jpg", "a/1.png"]).Select(keys.Next));
    }

    [Fact]
    public async Task Shards_are_no_index_and_hold_no_features()
    {
        await using IVectorSink sink = await _rig.OpenAsync("tar:out");
        await SinkRig.WriteAsync(sink, "w-1", "a");
        Assert.Contains("'tar', which this version does not read", (await Assert.ThrowsAsync<InvalidDataException>(
            () => VectorIndex.FindAsync(_rig.At("out"), default))).Message, StringComparison.Ordinal);
        Assert.NotNull(_rig.Spec("tar:out").ObjectionTo(Engine.FeatureRequests.FeatureText.Parse("layers=-1;outputs=cls")));
    }

    private static async Task<(string Name, byte[] Bytes)[]> ReadAsync(string path)
    {
        List<(string, byte[])> files = [];
        await using FileStream file = File.OpenRead(path);
        await using TarReader tar = new(file);
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            using MemoryStream bytes = new();
            await entry.DataStream!.CopyToAsync(bytes);
            files.Add((entry.Name, bytes.ToArray()));
        }
        return [.. files];
    }
}
