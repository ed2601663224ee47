using System.Globalization;
using Npgsql;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Sinks.Postgres;
using VitGrid.Indexing.Targets;
using VitGrid.Indexing.Tests.Sinks;
using VitGrid.Indexing.Work;

namespace VitGrid.Indexing.Tests;

/// <summary>A fact that needs Redis and PostgreSQL; skipped where either is missing.</summary>
public sealed class RedisAndPostgresFactAttribute : FactAttribute
{
    public RedisAndPostgresFactAttribute() => Skip = new RedisFactAttribute().Skip ?? new PostgresFactAttribute().Skip;
}

/// <summary>A job that stores vectors in a table, of which one device computed some wrong; a real Redis, a real PostgreSQL.</summary>
public sealed class TableRetryTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private const string Job = "job", Sick = "w1/cuda:0", Well = "w2/cuda:0";
    private const int Items = 30;

    private static readonly DateTimeOffset Noon = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
    private static readonly DistrustedVectors Wrong = new(Sick, Noon, Noon.AddHours(1));

    private bool _isWell;

    [RedisAndPostgresFact]
    public async Task Rows_of_a_device_that_computed_wrong_are_listed_and_made_anew()
    {
        string database = await server.CreateDatabaseAsync();
        await using IndexRig rig = await SubmittedAsync(database);
        await rig.WorkAsync();
        await rig.UntilOverAsync(Job);
        IReadOnlyList<DistrustedItem> listed = await rig.Service.DistrustedAsync(Job, Wrong, default);
        Assert.Equal([.. Enumerable.Range(0, Items / 3).Select(i => $"p{3 * i:00000}")], listed.Select(item => item.Id).Order());
        Assert.All(listed, item => Assert.Equal((Sick, IndexRig.Image(NumberOf(item.Id))), (item.Devices, item.Uri)));
        foreach (DistrustedVectors other in (DistrustedVectors[])[
            Wrong with { Device = "w3/cuda:0" }, Wrong with { Since = Noon.AddMinutes(30) }])
            Assert.Empty(await rig.Service.DistrustedAsync(Job, other, default));

        _isWell = true;
        DeviceRetryOutcome outcome = await rig.Service.RetryAsync(Job, Wrong, default);
        Assert.Empty(outcome.Left);
        Assert.InRange(outcome.Items, Items / 3, Items);
        JobStatus over = await rig.UntilOverAsync(Job);
        Assert.Equal(("finished", (long)Items, outcome.Items), (over.State, over.Done, over.Again));
        await AssertWholeAsync(database);
        Assert.Empty(await rig.Service.DistrustedAsync(Job, Wrong, default));
        Assert.Equal(0, (await rig.Service.RetryAsync(Job, Wrong, default)).Parts);
    }

    /// <summary>The command may die after each of its steps, and rows may be stored anew before it is given again.</summary>
    [RedisAndPostgresFact]
    public async Task A_command_that_was_killed_is_finished_by_the_next_one_and_takes_no_row_that_was_stored_anew()
    {
        string database = await server.CreateDatabaseAsync();
        await using IndexRig rig = await SubmittedAsync(database);
        IndexWorker worker = await rig.WorkAsync();
        await rig.UntilOverAsync(Job);
        _isWell = true;
        await using PgVectorSink sink = (PgVectorSink)Spec(database).Create(Job);
        string part = (await rig.Service.DistrustedAsync(Job, Wrong, default))[0].Part;
        IReadOnlyList<(string Id, string? Uri)> items = await sink.Origins.MarkAsync(part, true, default);
        Assert.Equal(items.Count, await new JobStore(rig.Connection, TimeProvider.System).WithdrawAsync(
            Job, part, items.Select(item => (item.Id, item.Uri!))));
        await rig.UntilOverAsync(Job);
        await IndexRig.StopAsync(worker);

        await rig.Service.RetryAsync(Job, Wrong, default);
        await rig.WorkAsync();
        await rig.UntilAsync(Job, status => status.IsOver() && status.Done == Items);
        await AssertWholeAsync(database);
        Assert.Empty(await rig.Service.DistrustedAsync(Job, Wrong, default));
    }

    [RedisAndPostgresFact]
    public async Task Rows_of_a_build_before_are_said_to_tell_no_devices()
    {
        string database = await server.CreateDatabaseAsync();
        await using IndexRig rig = await SubmittedAsync(database);
        IndexException refused = await Assert.ThrowsAsync<IndexException>(() => rig.Service.DistrustedAsync(Job, Wrong, default));
        Assert.Contains("its rows do not say which device computed them", refused.Message, StringComparison.Ordinal);
    }

    private async Task<IndexRig> SubmittedAsync(string database)
    {
        IndexRig rig = await IndexRig.StartAsync();
        rig.Sinks = (job, text) => SinkSpec.Parse(text).Create(job);
        rig.Embed = (request, _) =>
        {
            byte number = request.Image.Span[0];
            bool sick = number % 3 == 0 && !_isWell;
            return Task.FromResult(new EmbeddingResult(IndexRig.Vector(sick ? (byte)(number + 1) : number), false, 1, default)
            {
                Origin = new(sick ? Sick : Well, Noon.AddMinutes(_isWell ? 90 : 10)),
            });
        };
        string source = IndexRig.Source(IndexRig.Numbered(Items));
        IndexJob job = await rig.Service.OpenJobAsync(Job, new(IndexRig.Model, Spec(database).Text) { Normalize = false }, [source]);
        await rig.Service.SubmitAsync(job, [source], 1_000, new(_ => { }, _ => { }), CancellationToken.None);
        return rig;
    }

    private static SinkSpec Spec(string database) => SinkSpec.Parse($"pgvector:{database};table=t;type=vector");

    /// <summary>Every item is a row of the table, once.</summary>
    private static async Task AssertWholeAsync(string database)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(database);
        await using NpgsqlCommand command = source.CreateCommand("SELECT id FROM t ORDER BY id");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        List<string> ids = [];
        while (await reader.ReadAsync())
            ids.Add(reader.GetString(0));
        Assert.Equal([.. Enumerable.Range(0, Items).Select(i => $"p{i:00000}")], ids);
    }

    private static byte NumberOf(string id) => byte.Parse(id.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture);
}
