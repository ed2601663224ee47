using System.Text;
using StackExchange.Redis;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Batches;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Tests;

/// <summary>What somebody has written over the record of one job or batch is that one's trouble alone.</summary>
public sealed class DamagedRecordTests
{
    private static readonly byte[] NoText = [0xff, 0xfe];

    [RedisTheory]
    [InlineData("text")]
    [InlineData("list")]
    [InlineData("no settings")]
    [InlineData("nonsense")]
    [InlineData("numbers")]
    [InlineData("names")]
    [InlineData("parked")]
    [InlineData("intents")]
    [InlineData("sink")]
    public async Task A_damaged_job_keeps_no_other_from_its_end_and_is_told_of_by_itself(string damage)
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("bad", 3);
        await DamageAsync(rig, damage);
        await rig.SubmitAsync("good", 5);
        await rig.WorkAsync();
        Assert.Equal((5, "finished"), (await rig.UntilAsync("good", status => status.IsOver())) is var over
            ? (over.Done, over.State) : default);
        Assert.Contains((await rig.Service.StatusAsync(null, CancellationToken.None)).Jobs, job => job.Job == "good");
        // Nor does it stop what goes over all of them.
        Assert.InRange(await rig.Service.RemoveOlderAsync(TimeSpan.Zero, CancellationToken.None), 0, 2);
    }

    [RedisTheory]
    [InlineData("text", "is no hash")]
    [InlineData("list", "is no hash")]
    [InlineData("no settings", "lacks model or sink")]
    [InlineData("nonsense", "holds a setting that is none")]
    public async Task A_record_that_is_none_of_a_job_is_shown_as_damaged_and_can_be_removed(string damage, string told)
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("bad", 3);
        await DamageAsync(rig, damage);
        JobStatus status = Assert.Single((await rig.Service.StatusAsync(null, CancellationToken.None)).Jobs);
        Assert.Equal(("bad", "damaged"), (status.Job, status.State));
        Assert.Contains(told, status.Problem, StringComparison.Ordinal);
        await rig.WorkAsync();
        await IndexRig.UntilAsync(
            async () => await rig.Database.StreamLengthAsync(IndexKeys.Dead("bad")) == 3, "its items are dead letters");
        Assert.True(await rig.Service.RemoveAsync("bad", CancellationToken.None));
        Assert.False(await rig.Database.SetContainsAsync(IndexKeys.Active, "bad"));
    }

    [RedisFact]
    public async Task Entries_of_a_damaged_job_that_are_taken_over_do_not_cost_other_jobs_their_deliveries()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("bad", 2);
        await rig.SubmitAsync("good", 2);
        Assert.Equal(4, (await new IndexQueue(rig.Connection, "gone").ReadAsync(10)).Length);
        await rig.Database.StringSetAsync(IndexKeys.Intents("bad"), "garbage");
        await rig.WorkAsync();
        Assert.Equal((2, 0), (await rig.UntilOverAsync("good")) is var over ? (over.Done, over.Dead) : default);
    }

    [RedisFact]
    public async Task Damaged_batches_are_listed_with_their_error_beside_the_others()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        BatchStore store = rig.Service.Batches;
        string[] ids = [.. Enumerable.Range(0, 5).Select(_ => BatchRecord.NewId())];
        foreach ((int i, string id) in ids.Index())
            await store.CreateAsync(Batch(id, i));
        await rig.DoAsync("SET", BatchStore.Key(ids[1])!, "garbage");
        await rig.DoAsync("DEL", BatchStore.Key(ids[2])!);
        await rig.DoAsync("HSET", BatchStore.Key(ids[2])!, "status", "in_progress", "created", "99999999999999999999");
        await rig.DoAsync("HSET", BatchStore.Key(ids[3])!, NoText, "x", "created", long.MaxValue, "lines", "-1", "errors", "{{");
        IReadOnlyList<BatchRecord> listed = await store.ListAsync(Viewer.System, null, 10);
        Assert.Equal(ids.Reverse(), listed.Select(batch => batch.Id));
        Assert.Equal([null, null, "lacks input_file, output_file, error_file, completion_window, metadata", "is no hash", null],
            listed.Select(batch => batch.Damage?.Split(" Redis ")[1].Split(';')[0]));
        Assert.Equal(3, (await store.UnfinishedAsync()).Count);
        Assert.Equal(BatchRecord.Failed, (await store.FindAsync(ids[1], Viewer.System))!.Status);
    }

    [RedisFact]
    public async Task No_id_of_another_form_reaches_a_key_of_a_batch()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        string id = BatchRecord.NewId();
        await rig.Service.Batches.CreateAsync(Batch(id, 0));
        Assert.True(await rig.Service.Batches.LeaseAsync(id, "me", TimeSpan.FromMinutes(1)));
        foreach (string other in (string[])[$"{id}:keeper", $"{id}\n", id.ToUpperInvariant(), "", "batch_1"])
            Assert.Null(await rig.Service.Batches.FindAsync(other, Viewer.System));
    }

    private static BatchRecord Batch(string id, long created) => new()
    {
        Id = id,
        Status = BatchRecord.Validating,
        InputFile = "in",
        OutputFile = "out",
        ErrorFile = "err",
        CompletionWindow = "24h",
        Metadata = "{}",
        Created = created,
    };

    private static async Task DamageAsync(IndexRig rig, string damage)
    {
        RedisKey job = IndexKeys.Job("bad");
        switch (damage)
        {
            case "text":
                await rig.Database.StringSetAsync(job, "garbage");
                break;
            case "list":
                await rig.Database.KeyDeleteAsync(job);
                await rig.Database.ListLeftPushAsync(job, "garbage");
                break;
            case "no settings":
                await rig.Database.HashDeleteAsync(job, ["model", "sink"]);
                break;
            case "nonsense":
                await rig.Database.HashSetAsync(job, [new("pooling", "\u0000"), new("layer", "x")]);
                break;
            case "numbers":
                string[] names = ["total", "done", "dead", "created", "finished", "problem_since", "missing"];
                await rig.Database.HashSetAsync(job, [.. names.Select(
                    name => new HashEntry(name, name.Length % 2 == 0 ? long.MaxValue : "9e99"))]);
                break;
            case "names":
                await rig.Database.HashSetAsync(job, [new(NoText, "x"), new(Encoding.UTF8.GetBytes("\ufffd\ufffd"), "y"), new("", "z")]);
                break;
            case "sink":
                await rig.Database.HashSetAsync(job, [new("sink", "jsonl:\0")]);
                break;
            default:
                await rig.Database.StringSetAsync(damage == "parked" ? IndexKeys.Parked("bad") : IndexKeys.Intents("bad"), "garbage");
                break;
        }
    }
}
