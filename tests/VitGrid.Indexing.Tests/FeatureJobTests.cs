using System.Runtime.InteropServices;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Features;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Targets;
using VitGrid.Indexing.Tests.Sinks;
using VitGrid.Model.Segments;

namespace VitGrid.Indexing.Tests;

/// <summary>Jobs that store features: a grid that a test plays, a real Redis, real files.</summary>
public sealed class FeatureJobTests : IDisposable
{
    private const string Asked = "layers=-1,2;outputs=cls,patches;dtype=fp16";

    // TinyFacts: 4 x 4 patches and a class token of width 64.
    private static readonly FeatureShape Shape = new(1, 0, 4, 4, 64);
    private static readonly long ImageBytes = 2 * Shape.Tokens * Shape.Width * 2;

    private readonly SinkRig _folder = new();

    public void Dispose() => _folder.Dispose();

    [RedisFact]
    public async Task Every_image_has_its_row_in_each_tensor_once_though_a_worker_vanishes_with_some_of_them()
    {
        await using IndexRig rig = await StartAsync();
        IndexQueue dead = new(rig.Connection, "dead-worker");
        await SubmitAsync(rig, Asked, 21);
        IndexItem[] read = await dead.ReadAsync(5);
        Assert.Empty(await dead.IntendAsync("f", "dead-worker-1", read.Select(item => item.Entry)));
        await rig.WorkAsync();
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("f");

        Assert.Equal((21, 0), (over.Done, over.Dead));
        Dictionary<string, (ReadTensors Tensors, int Row)> rows = Rows();
        Assert.Equal(IndexRig.Numbered(21).Select(item => item.Id), rows.Keys.Order(StringComparer.Ordinal));
        foreach ((string id, byte number) in IndexRig.Numbered(21))
        {
            foreach (int layer in (int[])[2, 4])
            {
                Assert.Equal(Numbers(number, layer, 0, 1), RowOf(rows[id], $"layers.{layer}.cls"));
                Assert.Equal(Numbers(number, layer, 1, 17), RowOf(rows[id], $"layers.{layer}.patches"));
            }
        }
    }

    [RedisFact]
    public async Task Parts_are_bounded_in_bytes_and_so_is_what_is_computed_for_them()
    {
        await using IndexRig rig = await StartAsync();
        rig.Options = rig.Options with
        {
            PartBytes = 3 * ImageBytes, PartRows = 1_000, MaxBytes = 2 * ImageBytes, PartMilliseconds = 60_000,
        };
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int running = 0, most = 0;
        rig.Embed = async (request, _) =>
        {
            int now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            await go.Task;
            Interlocked.Decrement(ref running);
            return Answer(request);
        };
        await SubmitAsync(rig, Asked, 9);
        await rig.WorkAsync();
        await IndexRig.UntilAsync(
            async () => running == 2 && (await rig.Database.StreamPendingAsync(IndexKeys.Stream, IndexKeys.Group)).PendingMessageCount == 9,
            "nine items are read and two of them computed");
        go.SetResult();
        await rig.UntilOverAsync("f");
        Assert.Equal(2, most);
        Assert.Equal([3, 3, 3], Files().Select(file => new ReadTensors(File.ReadAllBytes(file)).Shape("layers.4.cls")[0]));
    }

    [RedisFact]
    public async Task An_image_whose_numbers_the_type_does_not_hold_goes_to_the_dead_letters_by_its_tensor_and_the_others_go_on()
    {
        await using IndexRig rig = await StartAsync();
        rig.Embed = (request, _) => request.Image.Span[0] != 1 ? Task.FromResult(Answer(request)) : throw new GridException(
            GridFault.BeyondType, "layers.4.cls holds 70000, beyond fp16's 65504; send dtype fp32 or bf16");
        await SubmitAsync(rig, Asked, 3);
        await rig.WorkAsync();
        Assert.Equal((2, 1), await rig.UntilOverAsync("f") is var over ? (over.Done, over.Dead) : default);
        DeadLetter letter = Assert.Single(await rig.DeadAsync("f"));
        Assert.Equal(("p00001", "invalid_request"), (letter.Id, letter.Code));
        Assert.Contains("layers.4.cls holds 70000", letter.Message, StringComparison.Ordinal);
        Assert.Equal(["p00000", "p00002"], Rows().Keys.Order(StringComparer.Ordinal));
    }

    [RedisFact]
    public async Task What_the_model_has_not_is_the_jobs_problem_and_no_item_is_lost()
    {
        await using IndexRig rig = await StartAsync();
        await SubmitAsync(rig, "outputs=registers", 2);
        await rig.WorkAsync();
        JobStatus status = await rig.UntilAsync("f", job => job.Problem is not null);
        Assert.Contains("features of model 'tiny': outputs names registers, which model 'tiny' has not; send cls, patches; cancel the job",
            status.Problem, StringComparison.Ordinal);
        Assert.Equal((0, 0), (status.Done, status.Dead));
        await rig.Service.CancelAsync("f");
        Assert.Equal(2, (await rig.UntilOverAsync("f")).Cancelled);
    }

    [Fact]
    public void A_jobs_features_are_part_of_its_record_and_of_its_fingerprint()
    {
        JobSettings job = new("m", "safetensors:/a") { Features = FeatureText.Parse(Asked) };
        Dictionary<string, string> fields = job.Fields().ToDictionary(field => field.Name, field => field.Value);
        Assert.Equal("outputs=cls,patches;layers=-1,2;norm=last;layout=NLC;dtype=fp16", fields["features"]);
        Assert.Equal(fields["features"], FeatureText.Write(JobSettings.From(fields)!.Features!));
        Assert.NotEqual(job.Fingerprint([]), (job with { Features = null }).Fingerprint([]));
        Assert.DoesNotContain("features", (job with { Features = null }).Fields().Select(field => field.Name));
        fields["features"] = "layers=x";
        Assert.Null(JobSettings.From(fields));
    }

    private async Task<IndexRig> StartAsync()
    {
        IndexRig rig = await IndexRig.StartAsync();
        rig.Embed = (request, _) => Task.FromResult(Answer(request));
        rig.Sinks = (job, _) => SinkSpec.Parse($"safetensors:{_folder.At("out")}").Create(job);
        return rig;
    }

    private static async Task SubmitAsync(IndexRig rig, string features, int count)
    {
        string source = IndexRig.Source(IndexRig.Numbered(count));
        JobSettings settings = new(IndexRig.Model, "safetensors:/nowhere") { Features = FeatureText.Parse(features) };
        IndexJob job = await rig.Service.OpenJobAsync("f", settings, [source]);
        await rig.Service.SubmitAsync(job, [source], rig.Options.MaxLength, new(_ => { }, _ => { }), CancellationToken.None);
    }

    private static EmbeddingResult Answer(EmbeddingRequest request)
    {
        FeatureOrder order = request.Features!;
        return new(ReadOnlyMemory<float>.Empty, false, 17, default)
        {
            Features = new([.. order.Layers.Select(layer => FeatureExtraction.Extract(
                MemoryMarshal.AsBytes(Numbers(request.Image.Span[0], layer, 0, 17).AsSpan()), ActivationType.Float32, Shape, order,
                layer))]),
        };
    }

    /// <summary>Rows of a hidden state, exact in half precision.</summary>
    private static float[] Numbers(byte image, int layer, int first, int end) =>
        [.. from token in Enumerable.Range(first, end - first) from channel in Enumerable.Range(0, Shape.Width)
            select image + (layer / 8f) + (token / 32f) + (channel % 2 == 0 ? 1 : -16)];

    private string[] Files() => [.. Directory.GetFiles(_folder.At("out"), "*.safetensors").Order(StringComparer.Ordinal)];

    /// <summary>Where each image's row is; an id that stands twice fails.</summary>
    private Dictionary<string, (ReadTensors Tensors, int Row)> Rows()
    {
        Dictionary<string, (ReadTensors, int)> rows = [];
        foreach (string file in Files())
        {
            ReadTensors tensors = new(File.ReadAllBytes(file));
            foreach ((int row, string id) in SinkRig.Ids(file[..^".safetensors".Length] + ".ids.jsonl").Index())
                rows.Add(id, (tensors, row));
        }
        return rows;
    }

    private static float[] RowOf((ReadTensors Tensors, int Row) place, string name)
    {
        float[] all = place.Tensors.Numbers(name);
        int length = all.Length / place.Tensors.Shape(name)[0];
        return all[(place.Row * length)..((place.Row + 1) * length)];
    }

    private static void InterlockedMax(ref int most, int now)
    {
        for (int before = most; now > before; before = most)
            Interlocked.CompareExchange(ref most, now, before);
    }
}
