using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Files;
using VitGrid.Indexing.Targets;

namespace VitGrid.Indexing.Tests.Sinks;

public sealed class FullDiskTests : IDisposable
{
    private readonly SinkRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_disk_that_fails_within_a_part_leaves_nothing_of_it_and_the_part_can_be_written_later()
    {
        bool full = true;
        PartFile file = PartFormats.JsonLines.Last;
        PartFormat failing = PartFormats.JsonLines with
        {
            Files = [file with
            {
                Write = async (stream, schema, rows, cancellation) =>
                {
                    await file.Write(stream, schema, rows, cancellation);
                    if (full)
                        throw new IOException("No space left on device");
                },
            }],
        };
        await using FileSink sink = new(FileTarget.File("jsonl", _rig.At("out.jsonl")), failing, "job");
        await sink.OpenAsync(SinkRig.Schema, default);

        SinkException failure = await Assert.ThrowsAsync<SinkException>(() => SinkRig.WriteAsync(sink, "p", "a"));
        Assert.True(failure.IsTransient);
        Assert.Contains("No space left on device", failure.Message, StringComparison.Ordinal);
        Assert.Equal([Path.Combine("out.jsonl.parts", "vitgrid.json")], _rig.Remaining());

        full = false;
        await SinkRig.WriteAsync(sink, "p", "a");
        await sink.FinishAsync(SinkRig.Summary with { Done = 1 }, default);
        Assert.Equal(["a"], SinkRig.Ids(_rig.At("out.jsonl")));
    }

    [SmallDiskFact]
    public async Task A_full_disk_delays_parts_and_harms_none()
    {
        SinkSchema schema = SinkRig.Schema with { Dimensions = 65_536 };
        SinkRow[] rows = [new("a", new float[schema.Dimensions])];
        foreach (string kind in (string[])["jsonl", "npy", "parquet"])
        {
            using SmallDisk disk = new(megabytes: 1);
            SinkSpec spec = SinkSpec.Parse($"{kind}:{disk.Root}/out");
            await using IVectorSink sink = spec.Create("job");
            await sink.OpenAsync(schema, default);
            string ballast = Path.Combine(disk.Root, "ballast");
            await File.WriteAllBytesAsync(ballast, new byte[960 << 10]);
            string[] before = Files(disk);

            SinkException failure = await Assert.ThrowsAsync<SinkException>(() => sink.PrepareAsync("p", rows, default));
            Assert.True(failure.IsTransient);
            Assert.Equal(before, Files(disk));

            File.Delete(ballast);
            await sink.PrepareAsync("p", rows, default);
            await sink.CommitAsync("p", rows, default);
            await sink.FinishAsync(SinkRig.Summary with { Done = 1 }, default);
        }
    }

    [Fact]
    public async Task A_folder_without_the_right_to_write_is_refused()
    {
        if (!OperatingSystem.IsLinux())
            return;
        SinkException refused = await Assert.ThrowsAsync<SinkException>(async () =>
        {
            await using IVectorSink sink = SinkSpec.Parse("parquet:/proc/out").Create("job");
            await sink.OpenAsync(SinkRig.Schema, default);
        });
        Assert.Contains("parquet:/proc/out: cannot open", refused.Message, StringComparison.Ordinal);
    }

    private static string[] Files(SmallDisk disk) =>
        [.. Directory.EnumerateFiles(disk.Root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
