using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Models;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Health;
using VitGrid.Tests.Golden;

namespace VitGrid.Cluster.Tests.Contracts;

/// <summary>
/// Headers of frames and messages of grains against the bytes that the build of commit 3e75086 wrote for the same values: processes of both
/// builds meet while a grid is rolled.
/// </summary>
public sealed class WireFormTests
{
    private const string NullReference = "c101", Zero = "0101";

    private static readonly ReplicaKey Key = new("org/m", 1, 1_795_510_597_908);
    private static readonly NodeAddress Node = new("S10.0.0.1:11111:7", 42, new("10.0.0.1", 7000, "/run/v.sock", "machine"));

    private static readonly ReplicaLayout Layout =
        new(Key, [new(0, 4, Node, "cpu:0", 1000), new(4, 4, Node with { Endpoint = null }, "cuda:1", 2000)]);

    private static readonly ModelCard Card = new("org/m", "f00", "{}") { Identity = "f00:fp32:crop" };

    private static readonly Serializer Serializer =
        new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    private static readonly Dictionary<string, byte[]> Written = File.ReadLines(GoldenFiles.PathOf("wire-3e75086.txt"))
        .Select(line => line.Split(' ')).ToDictionary(parts => parts[0], parts => Convert.FromHexString(parts[1]));

    /// <summary>
    /// A request's id, its tenant and features are fields at the end; where there is none, a field is an empty one of two bytes.
    /// </summary>
    [Fact]
    public void An_image_without_what_later_builds_know_is_written_as_before_but_for_six_empty_fields() => SameBut(
        NullReference + Zero + NullReference + NullReference + Zero + Zero,
        "image",
        new ImageHeader(Key, new(3, 4, Lane.Bulk, 5, Milliseconds(6), "00-t")));

    [Fact]
    public void A_batch_without_request_ids_or_features_is_written_as_before_but_for_two_empty_fields() => SameBut(
        NullReference + NullReference, "batch", new BatchHeader(new(Key, 1), 8, [4, 12], 1025, 1024, 1) { Trace = "00-b" });

    [Fact]
    public void A_tenant_arrives_and_a_build_that_knows_none_passes_over_it()
    {
        ImageHeader image = new(Key, new(3, 4, Lane.Bulk, 5, Milliseconds(6), "00-t") { RequestId = "r-1", Tenant = "key-7" });
        byte[] written = Serializer.SerializeToArray(image);
        Assert.Equal(image, Serializer.Deserialize<ImageHeader>(written));
        Assert.Equal(new(Key, new(3, 4, Lane.Bulk, 5, Milliseconds(6), "00-t")), Serializer.Deserialize<EarlierImageHeader>(written));
    }

    [Fact]
    public void An_image_of_before_is_read_whole_and_has_no_request_id_or_tenant()
    {
        ImageHeader image = Serializer.Deserialize<ImageHeader>(Written["image"])!;
        Assert.Equal(new ImageHeader(Key, new(3, 4, Lane.Bulk, 5, Milliseconds(6), "00-t")), image);
        Assert.Null(image.Order.RequestId);
        Assert.Null(image.Order.Tenant);
    }

    [Fact]
    public void A_batch_of_before_is_read_whole_and_has_no_request_ids()
    {
        BatchHeader batch = Serializer.Deserialize<BatchHeader>(Written["batch"])!;
        Assert.Equal((new(Key, 1), 8L, 1025, 1024, 1, "00-b"),
            (batch.Stage, batch.Batch, batch.Tokens, batch.Width, batch.ElementType, batch.Trace));
        Assert.Equal([4, 12], batch.Layers);
        Assert.Null(batch.RequestIds);
    }

    [Fact]
    public void Request_ids_arrive_also_where_several_images_have_one()
    {
        ImageHeader image = new(Key, new(3, 4, Lane.Bulk, 5, Milliseconds(6), null) { RequestId = "r-1" });
        Assert.Equal(image, Serializer.Deserialize<ImageHeader>(Serializer.SerializeToArray(image)));
        string?[] ids = [image.Order.RequestId, null, image.Order.RequestId];
        BatchHeader batch = new(new(Key, 1), 8, [4, 4, 4], 1025, 1024, 1) { RequestIds = ids };
        BatchHeader read = Serializer.Deserialize<BatchHeader>(Serializer.SerializeToArray(batch))!;
        Assert.Equal(ids.AsEnumerable(), read.RequestIds!.AsEnumerable());
    }

    [Fact]
    public void A_build_that_knows_no_request_ids_passes_over_them()
    {
        string id = "r-1";
        ImageHeader image = new(Key, new(3, 4, Lane.Bulk, 5, Milliseconds(6), "00-t") { RequestId = id });
        EarlierImageHeader read = Serializer.Deserialize<EarlierImageHeader>(Serializer.SerializeToArray(image))!;
        Assert.Equal(new(Key, new(3, 4, Lane.Bulk, 5, Milliseconds(6), "00-t")), read);
        BatchHeader batch = new(new(Key, 1), 8, [4, 4, 4], 1025, 1024, 1) { Trace = "00-b", RequestIds = [id, null, id] };
        EarlierBatchHeader seen = Serializer.Deserialize<EarlierBatchHeader>(Serializer.SerializeToArray(batch))!;
        Assert.Equal((new(Key, 1), 8L, 1, "00-b"), (seen.Stage, seen.Batch, seen.ElementType, seen.Trace));
    }

    [Fact]
    public void An_answer_is_written_as_before_but_for_the_upper_half_of_its_id_and_an_empty_origin() =>
        SameBut(Zero + NullReference + Zero, "answer", new AnswerHeader(3, Milliseconds(1), Milliseconds(2)));

    [Fact]
    public void Where_vectors_were_computed_arrives_and_a_build_that_does_not_know_it_passes_over_it()
    {
        AnswerHeader answer = new(3, Milliseconds(1), Milliseconds(2)) { ImageHigh = 9, Devices = "n/cpu:0,m/cpu:1", Computed = 7_000 };
        byte[] written = Serializer.SerializeToArray(answer);
        AnswerHeader read = Serializer.Deserialize<AnswerHeader>(written)!;
        Assert.Equal(answer, read);
        Assert.Equal(new VectorOrigin("n/cpu:0,m/cpu:1", DateTimeOffset.FromUnixTimeSeconds(7)), read.Origin);
        Assert.Equal(new(3, Milliseconds(1), Milliseconds(2)), Serializer.Deserialize<EarlierAnswerHeader>(written));
        Assert.Null(Serializer.Deserialize<AnswerHeader>(Written["answer"])!.Origin);
    }

    [Fact]
    public void A_flights_vector_says_where_it_was_computed_and_one_of_before_does_not()
    {
        FlightTurn turn = new(false, [1]) { Devices = "n/cpu:0", Computed = 5 };
        FlightTurn read = Serializer.Deserialize<FlightTurn>(Serializer.SerializeToArray(turn))!;
        Assert.Equal("n/cpu:0", read.Origin!.Devices);
        EarlierFlightTurn earlier = Serializer.Deserialize<EarlierFlightTurn>(Serializer.SerializeToArray(turn))!;
        Assert.Equal((false, 1f), (earlier.Leads, earlier.Vector!.Single()));
        Assert.Null(Serializer.Deserialize<FlightTurn>(Serializer.SerializeToArray(new EarlierFlightTurn(false, [1])))!.Origin);
    }

    [Fact]
    public void A_refusal_is_written_as_before_but_for_the_upper_half_of_its_id_and_how_the_replica_was_lost()
    {
        SameBut(Zero + Zero, "refusal", new RefusalHeader(3, GridFault.Overloaded, "full"));
        SameBut(Zero + Zero, "lost", new RefusalHeader(3, null, "gone"));
    }

    [Fact]
    public void How_a_replica_was_lost_arrives_and_a_build_that_says_nothing_has_lost_it_somehow()
    {
        RefusalHeader refusal = new(3, null, "gone") { Loss = (int)ReplicaLoss.DeviceBroke };
        Assert.Equal(refusal, Serializer.Deserialize<RefusalHeader>(Serializer.SerializeToArray(refusal)));
        Assert.Equal(0, Serializer.Deserialize<RefusalHeader>(Written["lost"])!.Loss);
        Assert.Equal(0, Serializer.Deserialize<BatchFailedHeader>(Written["failed"])!.Loss);
        ImageHeader image = new(Key, new(3, 4, Lane.Bulk, 5, Milliseconds(6), null) { Broken = 1 });
        Assert.Equal(1, Serializer.Deserialize<ImageHeader>(Serializer.SerializeToArray(image))!.Order.Broken);
        Assert.Equal(3, Serializer.Deserialize<EarlierImageHeader>(Serializer.SerializeToArray(image))!.Order.Image);
    }

    [Fact]
    public void An_answer_of_before_has_half_an_id_and_a_build_that_knows_halves_alone_reads_whole_ones()
    {
        Assert.Equal(new ExchangeId(3, 0), Serializer.Deserialize<AnswerHeader>(Written["answer"])!.Exchange);
        ImageHeader image = new(Key, new(3, 4, Lane.Bulk, 5, Milliseconds(6), null) { ImageHigh = 9 });
        Assert.Equal(new ExchangeId(3, 9), Serializer.Deserialize<ImageHeader>(Serializer.SerializeToArray(image))!.Order.Exchange);
        Assert.Equal(3, Serializer.Deserialize<EarlierImageHeader>(Serializer.SerializeToArray(image))!.Order.Image);
    }

    [Fact]
    public void What_stages_and_heads_tell_each_other_is_written_as_before_but_for_how_a_batch_was_lost()
    {
        Same("stale", new StaleBatchHeader(new(Key, 1), 8));
        Same("pooled", new PooledHeader(Key, 8, [0, 2]));
        SameBut(Zero, "failed", new BatchFailedHeader(Key, 8, GridFault.SegmentFailed, "no"));
        Same("stage", new StageKey(Key, 1));
    }

    [Fact]
    public void A_table_of_before_is_read_whole()
    {
        GridTable table = Serializer.Deserialize<GridTable>(Written["table"])!;
        ModelRow model = Assert.Single(table.Models);
        ReplicaRow replica = Assert.Single(model.Replicas);
        NodeRow node = Assert.Single(table.Nodes);
        Assert.Equal((77L, Card, ModelState.Ready, (string?)null), (table.Version, model.Card, model.State, model.Problem));
        Assert.Equal((Key, ReplicaState.Serving, 12.5), (replica.Layout.Key, replica.State, replica.ImagesPerSecond));
        Assert.Equal(Layout.Stages.AsEnumerable(), replica.Layout.Stages);
        Assert.Equal([StageState.Ready, StageState.Loading], replica.Stages.AsEnumerable());
        Assert.Equal((Node, 9, true, new("cpu:0", "a", null, 1e9, "9.0", 2)),
            (node.Address, node.ProcessId, node.Leaving, node.Devices[0]));
    }

    [Fact]
    public void A_workers_report_of_before_is_read_whole()
    {
        WorkerReport report = Serializer.Deserialize<WorkerReport>(Written["report"])!;
        Assert.Equal((Node, "machine", 5, true, 76L),
            (report.Address, report.Machine, report.ProcessId, report.Leaving, report.TableVersion));
        Assert.Equal(new DeviceRow("cpu:0", "a", 123, 1e9, null, 2), Assert.Single(report.Devices));
        Assert.Equal((Card, new ModelFault("x", "y")), (report.Models[0], report.Faults[0]));
        StageReport stage = Assert.Single(report.Stages);
        Assert.Equal((new StageKey(Key, 1), StageState.Failed, "no", 3), (stage.Key, stage.State, stage.Problem, stage.InFlight));
    }

    [Fact]
    public void A_card_of_before_says_no_costs_and_has_an_internvits()
    {
        ModelFacts facts = TinyFacts.Create() with { QueryBias = true };
        JsonObject before = JsonNode.Parse(ModelCard.From("m", "f", facts).FactsJson)!.AsObject();
        Assert.True(before["QueryBias"]!.GetValue<bool>());
        before.Remove("Costs");
        before["Architecture"]!.AsObject().Remove("PrefixTokens");
        before["Preprocessing"]!.AsObject().Remove("Source");
        ModelFacts read = new ModelCard("m", "f", before.ToJsonString()).Facts();
        Assert.Equal((facts.Costs, facts.Architecture), (read.Costs, read.Architecture));
    }

    private static void Same<T>(string name, T value) =>
        Assert.Equal(Convert.ToHexStringLower(Written[name]), Convert.ToHexStringLower(Serializer.SerializeToArray(value)));

    /// <summary>The last two bytes end the header's object and, within an image's, its order.</summary>
    private static void SameBut<T>(string fields, string name, T value)
    {
        const string End = "e0";
        string before = Convert.ToHexStringLower(Written[name]);
        string ends = before.EndsWith(End + End, StringComparison.Ordinal) ? End + End : End;
        Assert.Equal(before[..^ends.Length] + fields + ends, Convert.ToHexStringLower(Serializer.SerializeToArray(value)));
    }

    private static TimeSpan Milliseconds(int count) => TimeSpan.FromMilliseconds(count);
}

/// <summary><see cref="ImageHeader"/> as commit 3e75086 has it.</summary>
[GenerateSerializer, Immutable]
internal sealed record EarlierImageHeader([property: Id(0)] ReplicaKey Replica, [property: Id(1)] EarlierImageOrderHeader Order);

/// <summary><see cref="ImageOrderHeader"/> as commit 3e75086 has it.</summary>
[GenerateSerializer, Immutable]
internal sealed record EarlierImageOrderHeader(
    [property: Id(0)] long Image,
    [property: Id(1)] int Layer,
    [property: Id(2)] Lane Lane,
    [property: Id(3)] long Bytes,
    [property: Id(4)] TimeSpan Remaining,
    [property: Id(5)] string? Trace);

/// <summary><see cref="AnswerHeader"/> as commit 3e75086 has it.</summary>
[GenerateSerializer, Immutable]
internal sealed record EarlierAnswerHeader(
    [property: Id(0)] long Image, [property: Id(1)] TimeSpan Queue, [property: Id(2)] TimeSpan Infer);

/// <summary><see cref="FlightTurn"/> as builds before have it.</summary>
[GenerateSerializer, Immutable]
internal sealed record EarlierFlightTurn([property: Id(0)] bool Leads, [property: Id(1)] float[]? Vector);

/// <summary><see cref="BatchHeader"/> as commit 3e75086 has it.</summary>
[GenerateSerializer, Immutable]
internal sealed record EarlierBatchHeader(
    [property: Id(0)] StageKey Stage,
    [property: Id(1)] long Batch,
    [property: Id(2)] int[] Layers,
    [property: Id(3)] int Tokens,
    [property: Id(4)] int Width,
    [property: Id(5)] int ElementType)
{
    /// <summary>Its span.</summary>
    [Id(6)]
    public string? Trace { get; init; }
}
